"""Which orders coefficients prove, whatever a method claims: of the step, its estimates, its dense output."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import fsum

from solver.composition import composition_residuals
from solver.method import AdamsBashforth, AdamsBashforthMoulton
from solver.order_conditions import null_residuals, residuals
from solver.tableau import TOLERANCE, ButcherTableau, Row, nested_basis

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


def composition_order(moves: Row) -> int:
    """The order of kicks and drifts in turn, for separable fields."""
    return _highest(lambda order: composition_residuals(moves, order))


def adams_order(method: AdamsBashforth | AdamsBashforthMoulton) -> int:
    """The order of a step from slopes at equal distances. A corrector gains one order on its predictor, no more."""
    if isinstance(method, AdamsBashforth):
        return _quadrature_order(0, tuple(map(float, method.weights)))
    return min(_quadrature_order(1, tuple(map(float, method.weights))), adams_order(method.predictor) + 1)


def adams_dense_order(method: AdamsBashforth | AdamsBashforthMoulton) -> int:
    """The order of the interpolant through those slopes."""
    newest, rows = int(isinstance(method, AdamsBashforthMoulton)), method.dense_rows

    def order_at(theta: float) -> int:
        basis = nested_basis(theta, len(rows))
        weights = (fsum(x * y for x, y in zip(basis, column, strict=True)) for column in zip(*rows, strict=True))
        return _quadrature_order(newest, tuple(weights), theta)

    return min(map(order_at, THETAS))


def _quadrature_order(newest: int, weights: Row, theta: float = 1.0) -> int:
    """For how many powers of s the weights of the nodes newest, newest - 1, … give ∫₀^θ s^k ds, up to one too many."""
    order = 0
    while order <= len(weights):
        terms = [weight * float(newest - age) ** order for age, weight in enumerate(weights)]
        missed = fsum(terms) - theta ** (order + 1) / (order + 1)
        if abs(missed) > TOLERANCE * max(1.0, fsum(map(abs, terms))):
            break
        order += 1
    return order


def _highest(conditions: Callable[[int], Iterable[float]]) -> int:
    order = 0
    while order < HIGHEST_ORDER and max(map(abs, conditions(order + 1))) <= TOLERANCE:
        order += 1
    return order
