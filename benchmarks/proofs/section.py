"""A part of the proof: a title, what is measured and why, a table, and what is to be read from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """Its `rows` are measured when it is written; all but the first entry of a row stand to the right."""

    title: str
    about: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    reading: str = ""

    def __str__(self) -> str:
        return "\n\n".join(part for part in (f"## {self.title}", self.about, self._table(), self.reading) if part)

    def _table(self) -> str:
        lines = [self.heads, *self.rows]
        widths = [max(len(line[place]) for line in lines) for place in range(len(self.heads))]
        rule = ":" + "-" * (widths[0] + 1) + "".join("|" + "-" * (width + 1) + ":" for width in widths[1:])
        return "\n".join([_line(self.heads, widths), f"|{rule}|", *(_line(row, widths) for row in self.rows)])


def section(title: str, about: str, heads: Sequence[str], rows: Iterable[Sequence[str]], reading: str = "") -> Section:
    """A section, measured."""
    return Section(title, about.strip(), tuple(heads), tuple(map(tuple, rows)), reading.strip())


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = cells
    padded = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True))]
    return f"| {' | '.join(padded)} |"
