"""A study's report in letters: its table, and what it shows in a sentence."""

from __future__ import annotations

from collections.abc import Iterator

from nodeviz.analysis.report import Cell, Column, Report, Table

WRITTEN_OUT_BELOW = 1e6
"""Up to here a number is easier to read with all its digits than as a power of ten."""


def words(report: Report) -> Iterator[str]:
    """Line by line."""
    if report.table is not None:
        yield from _table(report.table)
        yield ""
    yield report.sentence


def _table(table: Table) -> Iterator[str]:
    heads = [[column.label, column.unit] for column in table.columns]
    body = [[_cell(cell, column) for cell, column in zip(row, table.columns, strict=True)] for row in table.rows]
    lines = [[head[line] for head in heads] for line in range(2)] + body
    widths = [max(len(line[place]) for line in lines) for place in range(len(heads))]
    for line in lines:
        if any(line):
            name, *figures = line
            first, *others = widths
            aligned = (f"{text:>{width}}" for text, width in zip(figures, others, strict=True))
            yield "  ".join((f"{name:<{first}}", *aligned)).rstrip()


def _cell(cell: Cell, column: Column) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, str):
        return cell
    written_out = 10**column.digits <= abs(cell) < WRITTEN_OUT_BELOW
    return f"{cell:.0f}" if written_out else f"{cell:.{column.digits}g}"
