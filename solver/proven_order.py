"""Which orders a tableau's coefficients prove, whatever it claims: of the step, its estimates, its dense output."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from solver.order_conditions import null_residuals, residuals
from solver.tableau import TOLERANCE, ButcherTableau, Row

HIGHEST_ORDER = 8
"""As far as orders are searched: there are 200 conditions up to order 8, and 286 of order 9 alone."""

THETAS = tuple(place / 10 for place in range(1, 10))
"""Where dense output is tried. What it misses is a polynomial of degree ≤ 10 that is 0 at both ends, so that it would
have to vanish throughout to vanish at all of these."""


def step_order(a: tuple[Row, ...], b: Row) -> int:
    """The order of a step with these coefficients; 0 where not even Σ b = 1 holds."""
    return _highest(lambda order: residuals(a, b, order))


def estimate_order(a: tuple[Row, ...], weights: Row) -> int:
    """The order up to which the two solutions agree whose weights differ by `weights`."""
    return _highest(lambda order: null_residuals(a, weights, order))


def dense_order(tableau: ButcherTableau) -> int:
    """The order of the tableau's dense output throughout the step."""
    return min(_order_at(tableau, theta) for theta in THETAS)


def _order_at(tableau: ButcherTableau, theta: float) -> int:
    weights = tableau.dense_weights(theta)
    return _highest(lambda order: residuals(tableau.all_a, weights, order, theta))


def _highest(conditions: Callable[[int], Iterable[float]]) -> int:
    order = 0
    while order < HIGHEST_ORDER and max(map(abs, conditions(order + 1))) <= TOLERANCE:
        order += 1
    return order
