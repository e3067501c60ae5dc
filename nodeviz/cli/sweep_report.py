"""How a sweep is told: as a table, as JSON a line, as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np

from nodeviz.analysis.report import Cell, Column, Report, Table
from nodeviz.cli.axes import Axis, Choice
from nodeviz.cli.study_words import words
from nodeviz.experiment import Experiment
from nodeviz.library.tables import csv_bytes

if TYPE_CHECKING:
    from nodeviz.cli.sweeping import Found


class Row(NamedTuple):
    """One combination of the axes' values, the experiment that it makes, and what that came to."""

    choice: Choice
    experiment: Experiment
    found: Found


def named(axes: Sequence[Axis], row: Row) -> dict[str, Any]:
    """The row as names and values."""
    values = {axis.name: value for axis, value in zip(axes, row.choice, strict=True)}
    return values | row.found._asdict() | {"merit_label": row.experiment.task.evaluation_label}


def as_json(axes: Sequence[Axis], row: Row) -> str:
    """One object; what is no number is null."""
    return msgspec.json.encode(named(axes, row)).decode()


def as_csv(axes: Sequence[Axis], rows: Sequence[Row]) -> bytes:
    """One row a line under a line of names."""
    told = [named(axes, row) for row in rows]
    return csv_bytes({name: np.array([row[name] for row in told], object) for name in told[0]} if told else {})


def in_words(axes: Sequence[Axis], rows: Sequence[Row], steps: int) -> Iterator[str]:
    """Line by line: a table, and which row is the best."""
    if not rows:
        return
    tasks = [row.experiment.task for row in rows]
    columns = (
        *(Column(axis.name) for axis in axes),
        Column("merit"),
        Column("loss"),
        Column("NFE forward", "a step"),
        Column("NFE backward", "a step"),
        Column("seconds"),
    )
    yield from words(Report(Table(columns, tuple(_cells(row) for row in rows)), sentence=_best(axes, rows, steps)))
    merits, losses = (_joined(task.evaluation_label for task in tasks), _joined(task.loss_label for task in tasks))
    yield f"merit: {merits}; loss: {losses}, last step."
    for row in rows:
        if row.found.trouble:
            yield f"{_of(axes, row)}: {row.found.trouble}"


def _joined(labels: Iterable[str]) -> str:
    return " or ".join(dict.fromkeys(labels))


def _cells(row: Row) -> tuple[Cell, ...]:
    choice = (str(value) if isinstance(value, (bool, str)) else f"{value:g}" for value in row.choice)
    figures = row.found[:-1]
    return (*choice, *(figure if isfinite(figure) else None for figure in figures))  # type: ignore[arg-type]


def _best(axes: Sequence[Axis], rows: Sequence[Row], steps: int) -> str:
    how = f"{steps} training steps each" if steps else "with the weights there are, at the price of a training step"
    what = f"{rows[0].experiment.name}, {len(rows)} times, {how}"
    known = [row for row in rows if isfinite(row.found.merit)]
    if not known:
        return f"{what}; no figure of merit is known."
    best = min(known, key=lambda row: row.found.merit)
    return f"{what}; the lowest merit is {best.found.merit:.4g}, at {_of(axes, best)}."


def _of(axes: Sequence[Axis], row: Row) -> str:
    values = (f"{axis.name} {value}" for axis, value in zip(axes, row.choice, strict=True))
    return ", ".join(values)
