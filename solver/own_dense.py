"""Dense output for a tableau that comes without: the cubic Hermite interpolant, and order 4 where its stages suffice.

The cubic b(θ) meets the step's ends and their slopes, so that the conditions of the trees with four nodes miss by
-θ² (1-θ)² / γ(tree) and those with fewer by nothing. The row r that is weighted with θ² (1-θ)² therefore has to have
Σ r_i Φ_i(tree) = 1 / γ(tree) for four nodes and 0 for fewer. Of all rows that do, this takes the one with the least sum
of squares. Source of the idea: Hairer, Nørsett, Wanner, Solving Ordinary Differential Equations I, II.6.
"""

from __future__ import annotations

from dataclasses import replace
from math import fsum, sqrt

from solver.certifying.proven_order import dense_order
from solver.order_conditions import density, elementary_weights
from solver.tableau import ButcherTableau, Row

DEPENDENT = 1e-9
"""What is left of a condition that is this small, of what it was, says nothing new."""


def with_dense_output(tableau: ButcherTableau) -> ButcherTableau:
    """The tableau with the best of these that it allows: order 2, from order 3 on cubic, from order 4 on maybe quartic.

    The cubic needs f at the step's end. Where that is no stage it becomes one, which costs nothing as the next step's
    first, and is evaluated only where dense output is asked for.
    """
    if tableau.order >= 3 and tableau.handed_on is None:
        tableau = replace(tableau, extra_c=(1.0,), extra_a=(tableau.b,))
    row = _least_row(tableau) if tableau.order >= 4 else None
    raised = tableau if row is None else replace(tableau, dense=(row,))
    return replace(raised, dense_order=dense_order(raised))


def _least_row(tableau: ButcherTableau) -> Row | None:
    """The shortest vector with the wanted products, by orthonormal combinations of the conditions, if there is one."""
    found: list[tuple[Row, float]] = []  # orthonormal vectors, and the wanted product with each
    for nodes in range(1, 5):
        for tree, phis in elementary_weights(tableau.all_a, nodes).items():
            rest, wanted = tuple(phis), 1.0 / density(tree) if nodes == 4 else 0.0
            for _ in range(2):  # once more takes away what rounding left
                for vector, product in found:
                    along = _dot(rest, vector)
                    rest = tuple(x - along * y for x, y in zip(rest, vector, strict=True))
                    wanted -= along * product
            length, before = sqrt(_dot(rest, rest)), sqrt(_dot(phis, phis))
            if length > DEPENDENT * max(1.0, before):
                found.append((tuple(x / length for x in rest), wanted / length))
            elif abs(wanted) > DEPENDENT:
                return None
    return tuple(fsum(product * vector[stage] for vector, product in found) for stage in range(len(tableau.all_c)))


def _dot(left: Row | list[float], right: Row | list[float]) -> float:
    return fsum(x * y for x, y in zip(left, right, strict=True))
