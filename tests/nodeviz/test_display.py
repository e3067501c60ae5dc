"""A window that cannot open: what is said, and that Qt never aborts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nodeviz import display, system_libraries
from nodeviz.app import NO_WINDOW

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="about Linux's displays")
pytestmark = linux_only

DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "XDG_SESSION_TYPE")


def launched(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`nodeviz` started in a process of its own, with no display but what `environment` names."""
    bare = {name: value for name, value in os.environ.items() if name not in DISPLAYS}
    return subprocess.run(
        [sys.executable, "-m", "nodeviz", *arguments],
        env=bare | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def plugins_lacking_a_library(tmp_path: Path) -> Path:
    """A copy of Qt's plugins whose xcb wants `libxcb-absent.so.0`, which no system has, in place of libxcb-cursor."""
    real = system_libraries.platform_plugin("xcb")
    if real is None:
        pytest.skip("PySide6 is not from its own wheel")
    copy = tmp_path / "Qt/plugins/platforms"
    copy.mkdir(parents=True)
    (tmp_path / "Qt/lib").symlink_to(real.parents[2] / "lib")
    for name in ("xcb", "offscreen"):
        data = (real.parent / f"libq{name}.so").read_bytes()
        (copy / f"libq{name}.so").write_bytes(data.replace(b"libxcb-cursor.so.0", b"libxcb-absent.so.0"))
    return copy


def test_without_a_display_it_says_so_and_names_the_command_line() -> None:
    done = launched()
    assert done.returncode == NO_WINDOW
    assert "DISPLAY" in done.stderr
    assert "xvfb" in done.stderr
    assert "nodeviz train spiral" in done.stderr
    assert "Traceback" not in done.stderr


def test_with_a_display_that_does_not_answer_it_says_which() -> None:
    done = launched(DISPLAY=":4711")
    assert done.returncode == NO_WINDOW
    missing = system_libraries.missing_libraries("xcb")
    assert (missing[0] if missing else ":4711") in done.stderr


def test_with_a_compositor_that_does_not_answer_it_ends_with_a_sentence() -> None:
    done = launched(WAYLAND_DISPLAY="wayland-none", XDG_RUNTIME_DIR="/nonexistent")
    assert done.returncode == NO_WINDOW
    assert "nodeviz train spiral" in done.stderr


def test_an_unknown_platform_is_named(tmp_path: Path) -> None:
    done = launched(QT_QPA_PLATFORM="cardboard")
    assert done.returncode == NO_WINDOW
    assert "cardboard" in done.stderr


def test_a_missing_system_library_is_named(plugins_lacking_a_library: Path) -> None:
    done = launched(DISPLAY=":0", QT_QPA_PLATFORM_PLUGIN_PATH=str(plugins_lacking_a_library))
    assert done.returncode == NO_WINDOW
    assert "libxcb-absent.so.0" in done.stderr
    assert "apt install" in done.stderr
    assert "dnf install" in done.stderr


def test_a_missing_library_has_its_package_named(
    plugins_lacking_a_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM_PLUGIN_PATH", str(plugins_lacking_a_library))
    assert system_libraries.missing_libraries("offscreen") == ()
    assert "libxcb-absent.so.0" in system_libraries.missing_libraries("xcb")
    assert "libxcb-cursor0" in system_libraries.how_to_install(["libxcb-cursor.so.0"])
    assert "xcb-util-cursor" in system_libraries.how_to_install(["libxcb-cursor.so.0"])


def test_a_platform_that_works_is_chosen_over_one_that_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "cardboard;offscreen")
    assert display.obstacle() is None
    assert os.environ["QT_QPA_PLATFORM"] == "offscreen"


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (ImportError("libEGL.so.1: cannot open shared object file: No such file or directory"), "apt install libegl1"),
        (ModuleNotFoundError("No module named 'PySide6'"), "pip install"),
        (ImportError("undefined symbol: qt_thing"), "pip install --force-reinstall"),
    ],
)
def test_a_toolkit_that_does_not_import_has_a_remedy(error: ImportError, remedy: str) -> None:
    assert remedy in display.obstacle_of_import(error)
