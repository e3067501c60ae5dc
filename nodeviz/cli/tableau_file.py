"""A user's Butcher tableau in a JSON file as a method, and as it is written in books."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from nodeviz.cli.command import told_as_misuse
from nodeviz.tasks.tableau import method_of, tableau_in
from solver.method import RungeKutta


def method_in(path: Path) -> RungeKutta:
    """The method whose tableau is in the file. Raises `Misuse` saying what is wrong with the file or the tableau."""
    with told_as_misuse():
        return method_of(tableau_in(path))


def table(method: RungeKutta) -> str:
    """The tableau as it is written in books: nodes, a rule, the stages' rows; below them the weights, then b_low."""
    tableau = method.tableau
    low = [
        tuple(high - part for high, part in zip(tableau.b, estimate.weights, strict=True))
        for estimate in tableau.estimates
    ]
    rows = [[_short(node), *map(_short, row)] for node, row in zip(tableau.c, tableau.a, strict=True)]
    below = [["", *map(_short, weights)] for weights in (tableau.b, *low)]
    widths = [max(len(row[place]) for row in rows + below if place < len(row)) for place in range(tableau.stages + 1)]
    rule = f"{'-' * (widths[0] + 1)}+{'-' * sum(width + 2 for width in widths[1:])}"
    return "\n".join([*(_line(row, widths) for row in rows), rule, *(_line(row, widths) for row in below)])


def _line(row: list[str], widths: list[int]) -> str:
    first, *rest = (cell.rjust(width) for cell, width in zip(row, widths, strict=False))
    return f"{first} | {'  '.join(rest)}".rstrip()


def _short(number: float) -> str:
    """A simple fraction where the number is one to rounding, else six digits."""
    fraction = Fraction(number).limit_denominator(1000)
    return str(fraction) if abs(float(fraction) - number) <= 1e-15 * max(1.0, abs(number)) else f"{number:.6g}"
