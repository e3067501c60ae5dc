"""What the word `nodeviz` opens: the window or the command line."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import pytest

from nodeviz import __version__
from nodeviz.app import main
from nodeviz.assets_path import ready_made
from nodeviz.engine.client import EngineClient
from nodeviz.ui import ahead


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the window was asked to open; nothing is shown."""
    calls: list[dict[str, Any]] = []
    fake = types.ModuleType("nodeviz.ui.launch")

    def open_window(argv: list[str], client: EngineClient, **asked: Any) -> int:
        calls.append(asked)
        return 0

    fake.open_window = open_window  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "nodeviz.ui.launch", fake)
    monkeypatch.setattr(ahead, "client_ahead", EngineClient)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    return calls


def test_without_arguments_it_opens_the_window(opened: list[dict[str, Any]]) -> None:
    assert main([]) == 0
    assert opened[0]["path"] is None


@pytest.mark.parametrize("flags", [[], ["--open"]])
def test_a_file_opens_in_the_window(opened: list[dict[str, Any]], tmp_path: Path, flags: list[str]) -> None:
    file = tmp_path / "model.nodeviz"
    file.touch()
    assert main([*flags, str(file)]) == 0
    assert opened[0]["path"] == file


@pytest.mark.parametrize("arguments", [["moons"], ["--open", "moons"], ["--screenshot", "p.png", "moons"]])
def test_a_ready_made_experiment_opens_by_its_name(opened: list[dict[str, Any]], arguments: list[str]) -> None:
    assert main(arguments) == 0
    assert opened[0]["path"] == ready_made()["moons"]


def test_a_ready_made_experiment_that_is_mistyped_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["mons"], ["--open", "mons"]):
        assert main(arguments) == 2
        assert "did you mean moons?" in capsys.readouterr().err


def test_a_screenshot_is_asked_of_the_window(opened: list[dict[str, Any]]) -> None:
    assert main(["--screenshot", "out.png", "--seconds", "2", "--size", "1920x1080", "--theme", "light"]) == 0
    asked = opened[0]["screenshot"]
    assert (asked.path, asked.seconds, asked.size, asked.theme) == (Path("out.png"), 2.0, (1920, 1080), "light")


@pytest.mark.parametrize(
    "arguments",
    [
        ["missing.nodeviz"],
        ["--opne", "x"],
        ["trian"],
        ["--screenshot", "x.png", "--seconds", "-1"],
        ["--screenshot", "x.png", "--size", "big"],
        ["--screenshot", "x.png", "--size", "100x100"],
        ["--screenshot", "x.png", "--theme", "pink"],
        ["--theme", "dark"],
    ],
)
def test_a_mistake_is_a_sentence_and_status_2(
    opened: list[dict[str, Any]], arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith("nodeviz: ")
    assert not opened


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--size", "100x100", "a size like 1280x800 is needed, from 960x600 to 8192 a side; got '100x100'"),
        ("--seconds", "inf", "a number of seconds from 0 to 86400 is needed; got 'inf'"),
        ("--seconds", "1e12", "from 0 to 86400"),
        ("--seconds", "nan", "from 0 to 86400"),
        ("--seconds", "soon", "from 0 to 86400"),
    ],
)
def test_what_a_picture_cannot_have_is_told_with_what_it_can(
    opened: list[dict[str, Any]], option: str, value: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--screenshot", "x.png", option, value]) == 2
    assert sentence in capsys.readouterr().err
    assert not opened


def test_no_picture_is_taken_of_a_file_that_cannot_be_opened(
    opened: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "short.nodeviz"
    file.write_bytes(b"12345678{")
    assert main(["--screenshot", "x.png", str(file)]) == 2
    assert "short.nodeviz cannot be used" in capsys.readouterr().err
    assert not opened


def test_commands_and_help_open_no_window(opened: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--help"], ["--version"], ["methods"]):
        assert main(arguments) == 0
    assert __version__ in capsys.readouterr().out
    assert not opened
