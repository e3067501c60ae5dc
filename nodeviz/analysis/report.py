"""What a study finds, as it goes: a table, a chart, a sentence. Plain values, so that they travel and are printed."""

from __future__ import annotations

from typing import Literal

import msgspec

Cell = str | float | None
"""A word, a number, or nothing yet."""


class Column(msgspec.Struct, frozen=True):
    """A column's heading, the unit below it, how many significant digits its numbers have, and what it means.

    `best` says which of its numbers to point out, where one is better than another.
    """

    label: str
    unit: str = ""
    digits: int = 3
    sentence: str = ""
    best: Literal["", "lowest", "highest"] = ""


class Table(msgspec.Struct, frozen=True):
    """Rows of one cell a column; the first names the row."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


class Series(msgspec.Struct, frozen=True):
    """Numbers against numbers. A guide is a reference, such as a slope or a floor, and is drawn quietly."""

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    style: Literal["line", "points", "guide"] = "line"


class Chart(msgspec.Struct, frozen=True):
    """Series over common axes, which are named. `mark` is the x where the experiment stands, where it does."""

    x_label: str
    y_label: str
    series: tuple[Series, ...]
    log_x: bool = False
    log_y: bool = False
    mark: float | None = None


class Report(msgspec.Struct, frozen=True):
    """What is known so far; `sentence` says in words what it shows, or what the study is doing."""

    table: Table | None = None
    chart: Chart | None = None
    sentence: str = ""
    done: bool = False
