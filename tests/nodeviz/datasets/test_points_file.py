"""A person's own points: every honest table is read, and every other one is refused with the line and the reason."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from nodeviz.datasets import PointsFile, points_table
from nodeviz.experiment import Experiment
from nodeviz.tasks import Classify, MatchDensity

LINES = [f"{x},{x * x},{'ab'[x % 2]}" for x in range(30)]


def written(folder: Path, lines: list[str], name: str = "points.csv") -> PointsFile:
    (folder / name).write_text("\n".join(lines) + "\n")
    return PointsFile(path=str(folder / name), scaled=False)


def test_the_example_has_three_classes_of_flowers() -> None:
    assert PointsFile().classes == 3
    assert PointsFile().table.names == ("lily", "rose", "tulip")
    assert Experiment(task=Classify(), dataset=PointsFile()).layout()[-1].shape == (3,)


@pytest.mark.parametrize("header", [[], ["x,y,kind"], ["# measured on Monday", "", "x,y,kind"]])
def test_a_header_is_optional(tmp_path: Path, header: list[str]) -> None:
    points = written(tmp_path, header + LINES).table.points
    np.testing.assert_array_equal(points.ys, [(x, x * x) for x in range(30)])
    np.testing.assert_array_equal(points.labels, [x % 2 for x in range(30)])


@pytest.mark.parametrize("delimiter", [";", "\t", ", "])
def test_columns_may_be_divided_otherwise(tmp_path: Path, delimiter: str) -> None:
    assert written(tmp_path, [line.replace(",", delimiter) for line in LINES]).table.points.ys[2, 1] == 4.0


def test_a_comma_is_a_decimal_point_where_it_does_not_divide_columns(tmp_path: Path) -> None:
    lines = ["x;y;kind", *(f"{x},5;-{x},25;{'ab'[x % 2]}" for x in range(30))]
    points = written(tmp_path, lines).table.points
    np.testing.assert_array_equal(points.ys, [(x + 0.5, -x - 0.25) for x in range(30)])


REGULAR = [f"{x / 7},{-x / 3:e},{'ab'[x % 2]}" for x in range(30)]


@pytest.mark.parametrize(
    "lines",
    [
        ["x,y,kind", *REGULAR],
        ["", "# of Monday", *REGULAR, ""],
        [line.rpartition(",")[0] for line in REGULAR],
        [line.replace(",", " , ") for line in REGULAR],
        [line.replace(",", ";").replace(".", ",") for line in REGULAR],
        [line.replace("a", '"a, a"').replace("b", "b.b") for line in REGULAR],
    ],
)
def test_regular_lines_are_read_at_once_and_as_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[str]
) -> None:
    monkeypatch.setattr(points_table, "_all_at_once", lambda lines, delimiter: None)
    expected = written(tmp_path, lines, "slowly.csv").table
    monkeypatch.undo()
    monkeypatch.setattr(points_table, "_one_by_one", None)
    found = written(tmp_path, lines, "at once.csv").table
    np.testing.assert_array_equal(found.points.ys, expected.points.ys)
    np.testing.assert_array_equal(found.points.labels, expected.points.labels)
    assert found.names == expected.names


@pytest.mark.parametrize("label", ["a" * 16, " " * 12 + "a" * 8, "b;c", "e.f"])
def test_a_class_of_any_name_keeps_it(tmp_path: Path, label: str) -> None:
    lines = [f"{x},5;{x},5;" + ('"' + label + '"' if x % 2 else "zz") for x in range(30)]
    assert written(tmp_path, lines).table.names == (label.strip(), "zz")


def test_points_without_a_class_are_of_one(tmp_path: Path) -> None:
    dataset = written(tmp_path, [line.rpartition(",")[0] for line in LINES])
    assert dataset.classes == 1
    assert not dataset.sample(0).train.labels.any()
    with pytest.raises(ValueError, match="two classes or more; those of Points file are all of one"):
        Experiment(task=Classify(), dataset=dataset)


def test_classes_that_are_numbers_go_in_their_order(tmp_path: Path) -> None:
    assert written(tmp_path, [f"{x},0,{x % 11}" for x in range(30)]).table.names[-2:] == ("9", "10")


def test_a_file_of_fewer_points_gives_all_it_has_and_one_of_more_as_many_as_set(tmp_path: Path) -> None:
    dataset = written(tmp_path, LINES)
    train, test = dataset.sample(0)
    assert (len(train.ys), len(test.ys)) == (22, 8)
    assert sorted(np.concatenate([train.ys, test.ys])[:, 0]) == list(range(30))
    few = PointsFile(path=dataset.path, points=20).sample(0)
    assert len(few.train.ys) + len(few.test.ys) == 20


def test_points_may_be_scaled_to_fit(tmp_path: Path) -> None:
    path = written(tmp_path, [f"{1e6 + x},{3e6 + 2 * (x % 7)},{x % 2}" for x in range(30)]).path
    ys = PointsFile(path=path).draw(30, np.random.default_rng(0)).ys
    np.testing.assert_allclose(ys.mean(0), 0.0, atol=1e-9)
    assert np.sqrt((ys**2).mean()) == pytest.approx(1.0)
    assert np.ptp(ys[:, 1]) / np.ptp(ys[:, 0]) == pytest.approx(12 / 29)


def test_points_on_one_spot_still_have_an_extent(tmp_path: Path) -> None:
    dataset = written(tmp_path, ["5,5,a"] * 30)
    x0, x1, y0, y1 = dataset.extent
    assert x0 < 5 < x1
    assert y0 < 5 < y1
    assert np.isfinite(PointsFile(path=dataset.path).sample(0).train.ys).all()


def test_a_file_that_was_changed_is_read_again(tmp_path: Path) -> None:
    dataset = written(tmp_path, LINES)
    assert dataset.classes == 2
    os.utime(written(tmp_path, [*LINES, "0,0,c"]).path, ns=(1, 1))
    assert dataset.classes == 3


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([*LINES, "1,2"], "Line 31 of points.csv has 2 columns; there should be 3 as before"),
        ([*LINES, "1,two,a"], "Line 31 .* should begin with two numbers; it has '1' and 'two'"),
        ([*LINES, "1,nan,a"], "Line 31 .* two numbers of up to 1e\\+30; it has '1' and 'nan'"),
        ([*LINES, "1,-1e31,a"], "Line 31 .* two numbers of up to 1e\\+30"),
        ([*LINES, "1,1,", "2,2, "], "The class of 2 of the 32 points in points.csv is missing"),
        ([*LINES, "1,1," + "a" * 200_000], "cannot be read as a table: field larger than"),
        (["1", *LINES], "Line 1 .* has 1 column; there should be 2 or 3"),
        (["1,2,3,4", *LINES], "Line 1 .* has 4 columns; there should be 2 or 3"),
        (LINES[:19], "has 19 points; at least 20 are needed"),
        (LINES[:1], "has 1 point; at least 20 are needed"),
        ([], "has 0 points"),
        ([f"{x},0,{x}" for x in range(30)], "has 30 different values; as classes there may be 12"),
    ],
)
def test_what_is_no_table_of_points_is_refused_with_the_reason(tmp_path: Path, lines: list[str], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        written(tmp_path, lines).sample(0)


@pytest.mark.parametrize("task", [Classify(), MatchDensity()])
def test_no_experiment_takes_a_file_that_cannot_be_read(tmp_path: Path, task: Classify | MatchDensity) -> None:
    with pytest.raises(ValueError, match="missing.csv cannot be read: No such file"):
        Experiment(task=task, dataset=PointsFile(path=str(tmp_path / "missing.csv")))


def test_what_is_no_file_of_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="missing.csv cannot be read: No such file"):
        PointsFile(path=str(tmp_path / "missing.csv")).sample(0)
    with pytest.raises(ValueError, match="is no file; choose a text file"):
        PointsFile(path=str(tmp_path)).sample(0)
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\xff\xfe\x00")
    with pytest.raises(ValueError, match="is no text"):
        PointsFile(path=str(tmp_path / "picture.csv")).sample(0)
