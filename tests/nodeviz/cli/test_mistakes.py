"""Mistakes on the command line: a sentence that helps, exit status 2, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from nodeviz.cli.run import run


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(list(arguments)) == 2
    told = capsys.readouterr()
    assert not told.out
    assert told.err.startswith("nodeviz: ")
    assert told.err.count("\n") == 1
    return told.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["tain"], "did you mean train?"),
        (["frobnicate"], "The commands are train"),
        (["train", "spirl"], "did you mean spiral?"),
        (["train", "--metod", "tsit5"], "did you mean --method?"),
        (["train", "--method", "dopri6"], "did you mean dopri5?"),
        (["train", "--rtol", "7"], "rtol must be at most 0.1; got 7"),
        (["train", "--rtol", "tight"], "rtol must be a finite number; got 'tight'"),
        (["train", "--rtol", "nan"], "finite number"),
        (["train", "--rtol"], "expected one argument"),
        (["train", "--width", "2.5"], "width must be a whole number"),
        (["train", "--optimiser", "adm"], "did you mean adam?"),
        (["train", "--steps", "0"], "at least 1"),
        (["train", "--steps", "many"], "at least 1"),
        (["train", "--steps", "٣"], "at least 1"),  # noqa: RUF001 (a digit, and none of ours)
        (["train", "--dx", "x"], "add --field formula"),
        (["train", "--field", "formula", "--dx", "import os"], "dx"),
        (["train", "--task-points", "100", "--dataset-points", "50"], "window of 100 times"),
        (["train", "spiral", "--experiment", "x.json"], "not both"),
        (["train", "--experiment", "missing.json"], "missing.json cannot be read"),
        (["export", "missing.nodeviz", "--csv", "x.csv"], "missing.nodeviz cannot be read"),
        (["export"], "MODEL"),
        (["export", "x.nodeviz", "--csv", "x.csv", "--start=nan,1"], "two finite numbers"),
        (["export", "x.nodeviz", "--csv", "x.csv", "--start=1,-inf"], "two finite numbers"),
        (["methods", "--order", "5"], "no option --order"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(
    arguments: list[str],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert sentence in complaint(capsys, *arguments)


def test_a_file_that_is_no_model_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "photo.nodeviz").write_bytes(b"\x89PNG and so on")
    said = complaint(capsys, "export", str(tmp_path / "photo.nodeviz"), "--csv", str(tmp_path / "x.csv"))
    assert "photo.nodeviz: This is no nodeviz model" in said


def test_an_experiment_with_a_wrong_value_has_its_place_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "mine.json").write_text('{"solver": {"rtol": 3}}', encoding="utf-8")
    assert "rtol" in complaint(capsys, "train", "--experiment", str(tmp_path / "mine.json"))


def test_an_export_without_a_format_lists_them(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "--script FILE" in complaint(capsys, "export", str(tmp_path / "model.nodeviz"))


def test_a_folder_with_something_in_it_is_not_taken(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    assert "--overwrite" in complaint(capsys, "train", "--steps", "1", "--out", str(tmp_path))


def test_a_disk_that_refuses_is_status_1_and_names_the_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "experiment.json").write_text("{}", encoding="utf-8")
    target = tmp_path / "no such folder" / "x.csv"
    assert run(["export", str(tmp_path / "experiment.json"), "--csv", str(target)]) == 1
    assert str(target) in capsys.readouterr().err
