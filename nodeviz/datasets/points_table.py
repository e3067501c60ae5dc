"""How a person's own points are read from a text file: x, y and perhaps a class on every line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nodeviz.datasets.declared import Points
from nodeviz.datasets.watched_file import Kind, Version

FEWEST = 20
"""Points that training and judging can be divided among."""
KIND = Kind("The points at", "a text file with x, y and perhaps a class on every line", "a file of points")
MOST_CLASSES = 12
LARGEST_NUMBER = 1e30
"""Squares of what is larger do not fit into float32's range, nor onto a plane."""
LONGEST_LABEL = 15
"""Characters of a class's name in a file that is read all at once."""
DELIMITERS = "\t;,"
"""Where lines have several of them, the first of these divides, and a comma is a decimal point."""


class Table(NamedTuple):
    """Points, and what their classes are called: of no entries when the file names none."""

    points: Points
    names: tuple[str, ...]


class Row(NamedTuple):
    """What one line says."""

    x: float
    y: float
    label: str


class Columns(NamedTuple):
    """What all lines say: ys (n, 2), and of each the label, empty where there is none."""

    ys: NDArray[np.float64]
    labels: list[str]


def points_table(path: Path) -> Table:
    """The points in the file at `path`, read again when it has changed.

    Raises `ValueError`, a sentence with the line, when it is not such a file.
    """
    return _read(path, KIND.version(path))


@lru_cache(maxsize=8)
def _read(path: Path, version: Version) -> Table:
    """That version of the table at `path`."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ValueError(f"The points at {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text; choose a file with x, y and perhaps a class on every line.") from error
    lines = text.splitlines()
    delimiter = max(DELIMITERS, key=lambda mark: sum(mark in line for line in lines[:FEWEST]))
    try:
        columns = _all_at_once(lines, delimiter) or _one_by_one(lines, delimiter, path.name)
    except csv.Error as error:
        raise ValueError(f"{path.name} cannot be read as a table: {error}.") from error
    count = len(columns.labels)
    if count < FEWEST:
        points = "1 point" if count == 1 else f"{count} points"
        raise ValueError(f"{path.name} has {points}; at least {FEWEST} are needed to train and to judge.")
    return _table(columns, path.name)


def _all_at_once(lines: list[str], delimiter: str) -> Columns | None:
    """What regular lines say, many times as fast as one by one; None when any of them may be something else."""
    beginning = enumerate(_cells(lines[:FEWEST], delimiter))
    points = ((i, len(cells)) for i, cells in beginning if not _says_nothing(cells) and not _is_header(cells))
    start, columns = next(points, (0, 0))
    if columns not in (2, 3):
        return None
    decimal = "," if delimiter != "," and "," in lines[start] else "."
    kinds = [("x", "f8"), ("y", "f8"), ("label", f"U{LONGEST_LABEL + 1}")][:columns]
    rest = (line.replace(decimal, ".") for line in lines[start:])
    try:
        rows = np.loadtxt(rest, kinds, comments=None, delimiter=delimiter, quotechar='"', ndmin=1)
    except ValueError:
        return None
    ys = np.stack([rows["x"], rows["y"]], -1)
    labels = rows["label"].tolist() if columns == 3 else [""] * len(rows)
    doubtful = any(len(label) > LONGEST_LABEL or (decimal == "," and "." in label) for label in set(labels))
    if doubtful or not (np.abs(ys) <= LARGEST_NUMBER).all():
        return None
    return Columns(ys, [label.strip() for label in labels])


def _one_by_one(lines: list[str], delimiter: str, name: str) -> Columns:
    """What the lines say. Raises `ValueError` naming the first that says no point."""
    rows = list(_rows(lines, delimiter, name))
    return Columns(np.array([(row.x, row.y) for row in rows]), [row.label for row in rows])


def _cells(lines: list[str], delimiter: str) -> Iterator[list[str]]:
    for cells in csv.reader(lines, delimiter=delimiter):
        cells = [cell.strip() for cell in cells]
        if delimiter != ",":
            cells[:2] = [cell.replace(",", ".") for cell in cells[:2]]
        yield cells


def _says_nothing(cells: list[str]) -> bool:
    return not any(cells) or cells[0].startswith("#")


def _rows(lines: list[str], delimiter: str, name: str) -> Iterator[Row]:
    columns = 0
    for number, cells in enumerate(_cells(lines, delimiter), 1):
        if _says_nothing(cells) or (not columns and _is_header(cells)):
            continue
        columns = columns or len(cells)
        if len(cells) not in (2, 3) or len(cells) != columns:
            expected = "2 or 3, for x, y and perhaps a class" if len(cells) == columns else f"{columns} as before"
            raise ValueError(f"Line {number} of {name} has {_counted(len(cells))}; there should be {expected}.")
        yield _row(cells, f"Line {number} of {name}")


def _counted(columns: int) -> str:
    return "1 column" if columns == 1 else f"{columns} columns"


def _row(cells: list[str], where: str) -> Row:
    try:
        x, y = float(cells[0]), float(cells[1])
    except ValueError as error:
        raise ValueError(f"{where} should begin with two numbers; it has {cells[0]!r} and {cells[1]!r}.") from error
    if not (abs(x) <= LARGEST_NUMBER and abs(y) <= LARGEST_NUMBER):
        raise ValueError(
            f"{where} should begin with two numbers of up to {LARGEST_NUMBER:g}; it has {cells[0]!r} and {cells[1]!r}."
        )
    return Row(x, y, cells[2] if len(cells) > 2 else "")


def _is_header(cells: list[str]) -> bool:
    """Whether the first line names its columns: none of x and y is a number."""
    return len(cells) > 1 and not any(_is_number(cell) for cell in cells[:2])


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _table(columns: Columns, name: str) -> Table:
    ys, names = columns.ys, sorted(set(columns.labels), key=_by_number)
    if len(names) > 1 and "" in names:
        unnamed = columns.labels.count("")
        raise ValueError(f"The class of {unnamed} of the {len(ys)} points in {name} is missing; give all of them one.")
    if len(names) > MOST_CLASSES:
        raise ValueError(
            f"The third column of {name} has {len(names)} different values; as classes there may be {MOST_CLASSES}. "
            "Leave the column out when it is no class."
        )
    places = {label: place for place, label in enumerate(names)}
    labels = np.array([places[label] for label in columns.labels], np.int64)
    for array in (ys, labels):
        array.flags.writeable = False  # they are shared by all that read the file
    return Table(Points(ys, labels), tuple(names) if names != [""] else ())


def _by_number(label: str) -> tuple[bool, float, str]:
    """Numbers in their order, then words in theirs."""
    return (False, float(label), label) if _is_number(label) else (True, 0.0, label)
