"""`nodeviz study`: a table that can be read, and what is known when it is interrupted."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from nodeviz.analysis import studies
from nodeviz.analysis.report import Column, Report, Table
from nodeviz.analysis.study import Study, Subject
from nodeviz.assets_path import ready_made
from nodeviz.cli.run import run
from nodeviz.cli.study_words import words

QUICK = ["--task", "classify", "--dataset", "moons", "--dataset-points", "60", "--width", "4", "--steps", "3"]


def test_a_study_is_told_as_a_table_and_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["study", "depth", *QUICK]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["layers", "distance", "held-out", "accuracy"]
    assert lines[2].startswith("1 ")
    assert [line.split()[0] for line in lines[2:11]] == [str(2**k) for k in range(9)]
    assert "slope \u22121" in lines[-1]


def test_a_file_is_studied_by_its_path(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.json"
    path.write_bytes(ready_made()["moons"].read_bytes())
    assert run(["study", "depth", str(path), *QUICK[4:]]) == 0
    assert "slope" in capsys.readouterr().out
    assert run(["study", "depth", str(tmp_path / "missing.nodeviz")]) == 2
    assert "missing.nodeviz cannot be read" in capsys.readouterr().err


def test_json_is_the_whole_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["study", "depth", *QUICK, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["done"]
    assert len(found["table"]["rows"]) == 10
    assert found["chart"]["log_x"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["study"], "STUDY"),
        (["study", "dept", *QUICK], "did you mean depth?"),
        (["study", "depth", "spiral"], "does not suit spiral. Fit trajectories has no layers to count"),
        (["study", "classifiers", *QUICK], "trains weights of its own from the beginning; leave --steps out"),
        (["study", "depth", "--task", "classify"], "Classifying needs points with classes; Spiral has none"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    assert sentence in capsys.readouterr().err


def test_ctrl_c_keeps_what_is_known(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(subject: Subject) -> Iterator[Report]:
        for row in range(1000):
            if row == 3:
                os.kill(os.getpid(), signal.SIGINT)
            subject.attend()
            yield Report(Table((Column("row"),), tuple((str(k),) for k in range(row + 1))), sentence="Going on.")

    study = Study("endless", "Endless", "Goes on.", True, lambda experiment: "", endless)
    monkeypatch.setattr(studies, "STUDIES", (study,))
    assert run(["study", "endless", *QUICK]) == 130
    told = capsys.readouterr()
    assert told.out.splitlines() == ["row", "0", "1", "2", "", "Going on."]
    assert "what was known so far" in told.err


def test_columns_are_aligned_and_an_unknown_figure_is_a_dash() -> None:
    columns = (Column("name"), Column("error", "%", 2), Column("steps"))
    table = Table(columns, (("a long name", 12.345, 7.0), ("short", None, 1234.0)))
    assert list(words(Report(table, sentence="So."))) == [
        "name         error  steps",
        "                 %",
        "a long name     12      7",
        "short            –   1234",
        "",
        "So.",
    ]
