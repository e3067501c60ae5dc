"""A report's table as text: its cells as they are shown, and the whole for a spreadsheet or a document."""

from __future__ import annotations

import math
from collections.abc import Iterable

from nodeviz.analysis.report import Cell, Column, Table
from nodeviz.ui.figures import NOTHING, figure


def cell_texts(table: Table, place: int) -> list[str]:
    """A column's cells: words as they are, numbers with the column's digits, or as counts where all of them are whole.

    A dash stands where nothing is known yet.
    """
    column, cells = table.columns[place], [row[place] for row in table.rows]
    whole = all(_whole(cell) for cell in cells)
    return [_text(cell, column.digits, whole) for cell in cells]


def _whole(cell: Cell) -> bool:
    return not isinstance(cell, (int, float)) or (math.isfinite(cell) and float(cell).is_integer() and abs(cell) < 1e6)


def _text(cell: Cell, digits: int, whole: bool) -> str:
    if cell is None or isinstance(cell, str):
        return cell or NOTHING
    return f"{cell:.0f}".replace("-", "−") if whole else figure(cell, digits=digits)


def best_rows(table: Table, place: int) -> frozenset[int]:
    """The rows with the best number of a column, where it says which is better and there is something to compare."""
    column = table.columns[place]
    cells = [row[place] for row in table.rows]
    numbers = [cell for cell in cells if isinstance(cell, (int, float)) and math.isfinite(cell)]
    if not column.best or len(numbers) < 2 or min(numbers) == max(numbers):
        return frozenset()
    best = min(numbers) if column.best == "lowest" else max(numbers)
    return frozenset(row for row, cell in enumerate(cells) if cell == best)


def heading(column: Column) -> str:
    """A column's label and unit in one line."""
    return f"{column.label} ({column.unit})" if column.unit else column.label


def tsv(table: Table) -> str:
    """Columns divided by tabs, numbers in full: for a spreadsheet."""
    lines = [[heading(column) for column in table.columns]]
    lines += [["" if cell is None else str(cell) for cell in row] for row in table.rows]
    return "\n".join("\t".join(line) for line in lines) + "\n"


def markdown(table: Table) -> str:
    """A table for a document, numbers as they are shown."""
    lines: list[Iterable[str]] = [[heading(column) for column in table.columns]]
    lines.append(["---"] + ["---:"] * (len(table.columns) - 1))
    lines += zip(*(cell_texts(table, place) for place in range(len(table.columns))), strict=True)
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines) + "\n"
