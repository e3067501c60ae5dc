"""What is shipped: the wheel works away from the checkout, the versions are pinned, the two commands are there."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement

from nodeviz import __version__
from nodeviz.assets_path import assets, ready_made
from nodeviz.experiment import decode

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PINNED = {
    (pin := Requirement(line)).name.lower(): pin
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
}
DECLARED = [*PROJECT["dependencies"], *(text for extra in PROJECT["optional-dependencies"].values() for text in extra)]


class Installed(NamedTuple):
    """An environment with the wheel in it."""

    wheel: Path
    scripts: Path
    site: Path

    def run(self, *arguments: str, cwd: Path, program: str = "nodeviz") -> subprocess.CompletedProcess[str]:
        """A program of the environment, run away from the checkout."""
        return subprocess.run(
            [self.scripts / program, *arguments], cwd=cwd, capture_output=True, text=True, timeout=120, check=False
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """The wheel, built and installed in an environment that has nothing else of nodeviz.

    torch and the other dependencies are lent by this environment: they are a gigabyte, and `make test` has just shown
    that they install.
    """
    folder = tmp_path_factory.mktemp("packaging")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv", with_pip=False, symlinks=os.name == "posix")
    names = {"base": str(folder / "venv"), "platbase": str(folder / "venv")}
    paths = {name: Path(sysconfig.get_path(name, "venv", names)) for name in ("scripts", "purelib")}
    python = paths["scripts"] / Path(sys.executable).name
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    # Only the folder: the .pth files in it, such as the editable nodeviz's, are not read from there.
    (paths["purelib"] / "lent.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    yield Installed(wheel, paths["scripts"], paths["purelib"])
    shutil.rmtree(folder)


@pytest.mark.slow
def test_the_wheel_holds_both_packages_the_assets_and_the_licence_and_nothing_else(installed: Installed) -> None:
    names = zipfile.ZipFile(installed.wheel).namelist()
    info = f"nodeviz-{__version__}.dist-info"
    assert {name.split("/")[0] for name in names} == {"nodeviz", "solver", info}
    assert {"nodeviz/assets/icon.svg", f"{info}/licenses/LICENSE"} <= set(names)
    assert {f"nodeviz/assets/experiments/{name}.json" for name in ready_made()} <= set(names)


@pytest.mark.slow
def test_the_installed_commands_work_away_from_the_checkout(installed: Installed, tmp_path: Path) -> None:
    assert installed.run("--version", cwd=tmp_path).stdout.strip() == f"nodeviz {__version__}"
    where = "import nodeviz.assets_path, solver; print(nodeviz.assets_path.assets()); print(solver.__file__)"
    python = Path(sys.executable).name
    for line in installed.run("-c", where, cwd=tmp_path, program=python).stdout.splitlines():
        assert Path(line).is_relative_to(installed.site)
    done = installed.run("train", "spiral", "--steps", "2", "--out", "run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run" / "model.nodeviz").is_file()


@pytest.mark.slow
def test_the_installed_window_opens_trains_and_takes_its_picture(installed: Installed, tmp_path: Path) -> None:
    done = installed.run("--screenshot", "window.png", "--seconds", "2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    picture = (tmp_path / "window.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 20_000
    shown = re.search(r"shows step (\d+)", done.stdout)
    assert shown and int(shown[1]) > 0, done.stdout
    assert "Traceback" not in done.stderr


def test_nodeviz_is_a_command_and_has_a_launcher_without_a_console() -> None:
    points = importlib.metadata.distribution("nodeviz").entry_points
    assert {point.name: point.value for point in points if point.group.endswith("_scripts")} == {
        "nodeviz": "nodeviz.app:main",
        "nodeviz-window": "nodeviz.app:main",
    }


@pytest.mark.parametrize("text", [text for text in DECLARED if not text.startswith("nodeviz[")])
def test_every_dependency_is_pinned_to_a_version_that_it_allows(text: str) -> None:
    requirement = Requirement(text)
    pin = PINNED[requirement.name.lower()]
    (exact,) = pin.specifier
    assert exact.operator == "=="
    assert requirement.specifier.contains(exact.version)


def test_the_pins_hold_on_every_platform() -> None:
    for pin in PINNED.values():
        assert "+" not in str(pin.specifier), f"{pin}: a local version is on no other machine"
        assert pin.url is None


def test_the_changelog_knows_this_version() -> None:
    assert re.search(rf"^## {re.escape(__version__)}\b", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)


def test_the_assets_of_the_checkout_are_found() -> None:
    assert assets() == ROOT / "assets"


def test_every_ready_made_experiment_is_one() -> None:
    assert "spiral" in ready_made()
    for path in ready_made().values():
        assert decode(path.read_bytes()).name


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
@pytest.mark.parametrize("target", ["run", "test", "check"])
def test_each_make_target_makes_the_environment_first(target: str, tmp_path: Path) -> None:
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    planned = subprocess.run(["make", "-n", target], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    steps = [planned.index(word) for word in ("make-venv", "--constraint constraints.txt")]
    assert steps == sorted(steps)


def make_venv(*arguments: str | Path, path: Path) -> subprocess.CompletedProcess[str]:
    """tools/make-venv where only the programs in `path` are found."""
    return subprocess.run(
        [str(shutil.which("sh")), ROOT / "tools" / "make-venv", *arguments],
        env={"PATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )


def put_python(folder: Path, name: str, *, has_venv: bool = True) -> None:
    """A pretended Python that is new enough: it makes an environment by saying so."""
    script = f"""#!/bin/sh
case "$*" in
  *"import venv"*) exit {0 if has_venv else 1} ;;
  *"-m venv"*) echo "made by {name}" ;;
esac
"""
    (folder / name).write_text(script, encoding="utf-8")
    (folder / name).chmod(0o755)


posix = pytest.mark.skipif(os.name != "posix", reason="a shell script")


@posix
def test_a_machine_without_python_is_told_what_to_install(tmp_path: Path) -> None:
    done = make_venv(tmp_path / "venv", path=tmp_path)
    assert done.returncode == 1
    assert "Python 3.11 or newer" in done.stderr
    assert "apt install" in done.stderr


@posix
def test_a_python_that_was_named_is_taken_or_missed_but_never_replaced(tmp_path: Path) -> None:
    put_python(tmp_path, "python3")
    put_python(tmp_path, "my python")
    assert "made by my python" in make_venv("venv", "my python", path=tmp_path).stdout
    missed = make_venv("venv", "python9.9", path=tmp_path)
    assert missed.returncode == 1 and "python9.9 is no Python 3.11" in missed.stderr
    assert not missed.stdout


@posix
def test_a_python_without_venv_is_passed_over_for_one_that_has_it(tmp_path: Path) -> None:
    put_python(tmp_path, "python3", has_venv=False)
    alone = make_venv("venv", path=tmp_path)
    assert alone.returncode == 1 and "python3 has no venv module" in alone.stderr
    put_python(tmp_path, "python3.12")
    assert "made by python3.12" in make_venv("venv", path=tmp_path).stdout


@pytest.mark.skipif(shutil.which("bash") is None or shutil.which("make") is None, reason="needs bash and make")
@pytest.mark.parametrize("status", [0, 7])
def test_ci_goes_no_further_when_the_missing_libraries_cannot_be_listed(tmp_path: Path, status: int) -> None:
    for folder in (".ci", "tools", ".venv/bin", "bin"):
        (tmp_path / folder).mkdir(parents=True)
    for name in (".ci/run", "tools/make-venv"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "Makefile").write_text("install test check:\n\t@echo made $@\n", encoding="utf-8")
    for program, text in ((".venv/bin/python", f"exit {status}"), ("bin/fc-list", "echo a font")):
        (tmp_path / program).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (tmp_path / program).chmod(0o755)
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [tmp_path / ".ci" / "run"], env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == status, done.stderr
    assert ("made test" in done.stdout) == (status == 0)
    assert "Installing" not in done.stdout


def _requirements_of(name: str) -> set[str]:
    """The names that the installed `name` requires here, extras left aside."""
    requirements = [Requirement(text) for text in importlib.metadata.requires(name) or ()]
    needed = [each for each in requirements if each.marker is None or each.marker.evaluate({"extra": ""})]
    return {each.name.lower().replace("_", "-") for each in needed}


@pytest.mark.parametrize("name", ["torch", "pyqtgraph", "PySide6-Essentials", "pytest", "mypy"])
def test_what_a_dependency_requires_is_pinned_too(name: str) -> None:
    ours = {pin.replace("_", "-") for pin in PINNED}
    of_cuda = re.compile(r"nvidia-.*|cuda-.*|triton")  # wheels of torch itself, which pins them exactly
    assert {each for each in _requirements_of(name) if not of_cuda.fullmatch(each)} <= ours
