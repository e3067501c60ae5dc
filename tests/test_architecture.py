"""The shape of the house: who imports whom, what stays out of the window's process, how files begin."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted(path for package in ("solver", "nodeviz") for path in (ROOT / package).rglob("*.py"))


def modules_after(statement: str, cwd: Path = ROOT, **environment: str) -> set[str]:
    """The names of all modules that a fresh Python has after `statement`."""
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.fail(done.stderr)
    return set(done.stdout.split())


def test_imports_go_downwards_only() -> None:
    lint_imports = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint_imports, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "module",
    [
        "nodeviz.ui.launch",
        "nodeviz.app",
        "nodeviz.cli",
        "nodeviz.engine.client",
        "nodeviz.experiment",
        "nodeviz.export",
        "nodeviz.library.session",
        "solver.methods",
    ],
)
def test_what_the_window_imports_brings_no_torch(module: str) -> None:
    assert "torch" not in modules_after(f"import {module}")


@pytest.mark.parametrize(
    "module", ["main", "nodeviz.app", "nodeviz.cli", "nodeviz.cli.training", "nodeviz.engine.worker"]
)
def test_what_works_without_a_window_imports_no_qt(module: str) -> None:
    loaded = modules_after(f"import {module}")
    assert not [name for name in loaded if name.split(".")[0] in ("PySide6", "shiboken6", "pyqtgraph")]


def test_the_solver_works_lifted_out_of_the_repository(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "solver", tmp_path / "solver", ignore=shutil.ignore_patterns("__pycache__"))
    code = "import torch, solver; solver.solve(lambda t, y: -y, torch.ones(1, 2), torch.tensor([0.0, 1.0]))"
    loaded = modules_after(f"import sys\nsys.path[:0] = [{str(tmp_path)!r}]\n{code}", cwd=tmp_path)
    assert "solver" in loaded
    assert not [name for name in loaded if name.split(".")[0] in ("nodeviz", "PySide6", "msgspec")]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_begins_by_saying_what_it_answers(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_no_file_but_those_of_the_window_names_qt() -> None:
    """The contracts name packages by hand; this reads every file there is, and what its functions import, too."""
    outside = [path for path in MODULES if not path.is_relative_to(ROOT / "nodeviz" / "ui")]
    assert not [str(path) for path in outside if imported_by(path) & {"PySide6", "pyqtgraph"}]


def imported_by(path: Path) -> set[str]:
    """The packages that a file imports anywhere in it."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("package", ["solver", "nodeviz"])
def test_tests_lie_in_folders_like_those_of_what_they_test(package: str) -> None:
    folders = {path.parent.relative_to(ROOT / "tests") for path in (ROOT / "tests" / package).rglob("test_*.py")}
    assert not [str(folder) for folder in folders if not (ROOT / folder).is_dir()]
