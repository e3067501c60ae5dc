"""own_method(): a Runge-Kutta method from the coefficients that someone writes down, checked before it takes a step."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction
from math import fsum, isfinite
from typing import TypeVar

from solver.certifying.proven_order import estimate_order, step_order
from solver.method import RungeKutta
from solver.order_conditions import residuals
from solver.own_dense import with_dense_output
from solver.tableau import TOLERANCE, ButcherTableau, ErrorEstimate, Row

Number = float | int | str | Fraction
Entry = TypeVar("Entry")


def own_method(
    a: Sequence[Sequence[Number]],
    b: Sequence[Number],
    c: Sequence[Number] | None = None,
    *,
    b_low: Sequence[Number] | None = None,
    order: int | None = None,
    name: str = "own",
    label: str = "Own method",
) -> RungeKutta:
    """A method for `solve(method=...)` from an explicit Butcher tableau.

    `a` has a row for each stage, of the entries left of the diagonal or of all entries. Numbers may be written as
    strings such as "1/3". `c` defaults to the row sums of a. `b_low` are the weights of an embedded, less accurate
    solution, which make the method adaptive. `order` is what you claim; left out, it is what the coefficients prove.
    Dense output is quadratic, from order 3 on cubic, and from order 4 on of order 4 if the stages allow.

    Raises `ValueError` saying which coefficients are wrong.
    """
    weights = _numbers(_listed(b, "b"), "b")
    rows = tuple(_stage(row, place, len(weights)) for place, row in enumerate(_sized(a, len(weights), "a")))
    nodes = tuple(map(fsum, rows)) if c is None else _numbers(_sized(c, len(weights), "c"), "c")
    _check_row_sums(rows, nodes)
    proven = _checked_order(rows, weights, order)
    estimates = () if b_low is None else (_estimate(rows, weights, _numbers(_sized(b_low, len(b), "b_low"), "b_low")),)
    tableau = ButcherTableau(order or proven, nodes, rows, weights, estimates)
    tableau = with_dense_output(tableau)
    tableau.check()
    return RungeKutta(name, label, _sentence(tableau), tableau)


def _checked_order(a: tuple[Row, ...], b: Row, claimed: int | None) -> int:
    proven = step_order(a, b)
    if proven == 0:
        raise ValueError(f"The weights b must sum to 1; they sum to {fsum(b)!r}. Compare them with their source.")
    if claimed is not None and not isinstance(claimed, int):
        raise ValueError(f"order must be a whole number, the order that you claim, or be left out; got {claimed!r}.")
    if claimed is not None and not 1 <= claimed <= proven:
        worst = max(map(abs, residuals(a, b, proven + 1)))
        raise ValueError(
            f"These coefficients have order {proven}, not {claimed}: a condition of order {proven + 1} is off by "
            f"{worst:.1e}. Compare them with their source, write all digits, or leave `order` out."
        )
    return proven


def _estimate(a: tuple[Row, ...], b: Row, b_low: Row) -> ErrorEstimate:
    weights = tuple(high - low for high, low in zip(b, b_low, strict=True))
    if not any(weights):
        raise ValueError("b_low must differ from b, or there is no error estimate. Leave b_low out for fixed steps.")
    order = estimate_order(a, weights)
    if order == 0:
        raise ValueError(
            f"The weights b_low must sum to 1; they sum to {fsum(b_low)!r}. Compare them with their source."
        )
    return ErrorEstimate(weights, order)


def _check_row_sums(a: tuple[Row, ...], c: Row) -> None:
    for stage, (row, node) in enumerate(zip(a, c, strict=True)):
        if abs(fsum(row) - node) > TOLERANCE * max(1.0, fsum(map(abs, row))):
            raise ValueError(
                f"Row {stage} of a must sum to c[{stage}] = {node!r}; it sums to {fsum(row)!r}. "
                "Compare both with their source, or leave c out."
            )


def _stage(row: Sequence[Number], place: int, stages: int) -> Row:
    numbers = _numbers(_listed(row, f"a[{place}]"), f"a[{place}]")
    if len(numbers) not in (place, stages):
        raise ValueError(
            f"a[{place}] must have the {place} entries left of the diagonal, or all {stages}; it has {len(numbers)}."
        )
    for column, value in enumerate(numbers[place:], start=place):
        if value:
            raise ValueError(
                f"a[{place}][{column}] is {value!r}, on or above the diagonal; an explicit method has zeros there. "
                "Implicit methods cannot be given as a tableau."
            )
    return numbers[:place]


def _listed(row: Sequence[Entry], what: str) -> Sequence[Entry]:
    if isinstance(row, str) or not isinstance(row, Collection):
        raise ValueError(f"{what} must be a list, of rows for a and of numbers for all else; got {row!r}.")
    return row


def _sized(row: Sequence[Entry], stages: int, what: str) -> Sequence[Entry]:
    if len(_listed(row, what)) != stages:
        raise ValueError(f"{what} must have one entry for each of the {stages} weights in b; it has {len(row)}.")
    return row


def _numbers(row: Sequence[Number], what: str) -> Row:
    return tuple(_number(value, f"{what}[{place}]") for place, value in enumerate(row))


def _number(value: Number, what: str) -> float:
    try:
        number = float(Fraction(value)) if isinstance(value, str) and "/" in value else float(value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        raise ValueError(f'{what} must be a number or a fraction such as "1/3"; got {value!r}.') from None
    if not isfinite(number):
        raise ValueError(f"{what} must be finite; got {value!r}.")
    return number


def _sentence(tableau: ButcherTableau) -> str:
    evaluations = tableau.stages - tableau.fsal
    steps = "adaptive" if tableau.estimates else "fixed steps"
    return f"Your own method: order {tableau.order}, evaluations a step: {evaluations}, {steps}."
