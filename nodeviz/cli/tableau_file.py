"""A user's Butcher tableau in a JSON file: read, checked and made a method."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import msgspec

from nodeviz.cli.command import Misuse
from solver.method import RungeKutta
from solver.own_tableau import own_method

Number = float | int | str
"""Fractions such as "1/3" stand in quotes."""


class WrittenTableau(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file holds: the arguments of `solver.own_tableau.own_method`, by their names there."""

    a: list[list[Number]]
    b: list[Number]
    c: list[Number] | None = None
    b_low: list[Number] | None = None
    order: int | None = None
    name: str = "own"
    label: str = "Own method"


EXAMPLE = '{"a": [[], ["1/2"], [0, "3/4"]], "b": ["2/9", "1/3", "4/9"]}'


def method_in(path: Path) -> RungeKutta:
    """The method whose tableau is in the file. Raises `Misuse` saying what is wrong with the file or the tableau."""
    try:
        written = msgspec.json.decode(path.read_bytes(), type=WrittenTableau)
    except OSError as error:
        raise Misuse(f"{path} cannot be read: {error.strerror}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Misuse(f"{path} holds no tableau: {error}. It should look like {EXAMPLE}.") from error
    try:
        return own_method(
            written.a,
            written.b,
            written.c,
            b_low=written.b_low,
            order=written.order,
            name=written.name,
            label=written.label,
        )
    except ValueError as error:
        raise Misuse(f"{path} cannot be used. {error}") from error


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
