"""`nodeviz methods`: the list, and the certificate of a tableau in a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nodeviz.cli.run import run
from solver.methods import METHODS

BOGACKI_SHAMPINE = {
    "name": "mine",
    "label": "My pair",
    "a": [[], ["1/2"], [0, "3/4"], ["2/9", "1/3", "4/9"]],
    "b": ["2/9", "1/3", "4/9", 0],
    "c": [0, 0.5, 0.75, 1],
    "b_low": ["7/24", "1/4", "1/3", "1/8"],
    "order": 3,
}


def written(folder: Path, **changed: object) -> str:
    path = folder / "tableau.json"
    path.write_text(json.dumps({**BOGACKI_SHAMPINE, **changed}), encoding="utf-8")
    return str(path)


def test_every_method_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["methods"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [method.name for method in METHODS]


def test_a_tableau_is_shown_and_certified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["methods", "--tableau", written(tmp_path)]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[:7] == [
        "  0 |",
        "1/2 |  1/2",
        "3/4 |    0  3/4",
        "  1 |  2/9  1/3  4/9",
        "----+---------------------",
        "    |  2/9  1/3  4/9    0",
        "    | 7/24  1/4  1/3  1/8",
    ]
    assert "My pair (mine)" in shown
    told = "\n".join(shown)
    assert "order 3 claimed, 3 proven" in told and "order 3.00 on" in told
    assert "real axis -2.513 to 0, imaginary axis ±1.732" in told
    assert "all claims hold" in told


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "holds no tableau: Input data was truncated"),
        ('{"b": [1]}', "missing required field `a`"),
        ('{"a": [[]], "b": [1], "d": []}', "unknown field `d`"),
        ('{"a": [[true]], "b": [1]}', "- at `$.a[0][0]`. It should look like {"),
        ('{"a": [[]], "b": ["one"]}', "b[0] must be a number or a fraction such as \"1/3\"; got 'one'"),
        ('{"a": [[]], "b": [0.9]}', "The weights b must sum to 1; they sum to 0.9"),
        ('{"a": [[], [1]], "b": [0.5, 0.5], "c": [0, 0.9]}', "Row 1 of a must sum to c[1] = 0.9"),
        ('{"a": [[], [1]], "b": [0.5, 0.5], "order": 3}', "have order 2, not 3"),
    ],
)
def test_a_file_that_holds_no_tableau_is_told_from_a_wrong_one(
    text: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "tableau.json"
    path.write_text(text, encoding="utf-8")
    assert run(["methods", "--tableau", str(path)]) == 2
    told = capsys.readouterr()
    assert not told.out
    assert sentence in told.err and str(path) in told.err


def test_a_file_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["methods", "--tableau", str(tmp_path / "none.json")]) == 2
    assert "none.json cannot be read: No such file or directory." in capsys.readouterr().err
