"""Order conditions and dense output of kicks and drifts in turn, for q' = f_q(t, p) and p' = f_p(t, q).

Moves are numbered 0, 1, …, kicks in the even places. Move i goes along a slope of one half, taken where the moves of
the other half before it have come to. So the conditions are those of a Runge-Kutta method on trees whose levels are
halves in turn: one for each rooted tree and each half that its root may be.
Source: Hairer, Lubich, Wanner, Geometric Numerical Integration, 2nd ed., III.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import fsum, prod

from solver.adams_weights import Polynomial, nested_rows
from solver.order_conditions import Tree, density, node_count, rooted_trees
from solver.tableau import Row

START = -1
"""The slope of the drifting half at the step's start, which no move goes along, as if a move before all others."""
DEPENDENT = 1e-9
"""A condition whose coefficients are this close to a combination of earlier ones says nothing new."""


def composition_residuals(moves: Sequence[float], order: int) -> list[float]:
    """By how much the moves miss each condition up to `order`; all are zero for a method of that order."""
    return [
        fsum(moves[i] * _weight(moves, i, tree) for i in range(half, len(moves), 2)) - 1 / density(tree)
        for tree in _trees(order)
        for half in (0, 1)
    ]


def composition_dense(moves: Sequence[float], order: int) -> tuple[Row, ...]:
    """Rows, in the nested form of `solver.tableau`, of the interpolant of a method of that order.

    Columns are the slope at START, then that of each move. The weights of each half meet, in turn, as many conditions
    as it has slopes for. Since the method meets them at the step's end, the interpolant there is the step.
    """
    polynomials = {i: (Fraction(0),) * order for i in range(START, len(moves))}
    for half in (0, 1):
        polynomials.update(_dense_of_half(moves, order, half))
    return nested_rows(tuple(polynomials.values()))


def _dense_of_half(moves: Sequence[float], order: int, half: int) -> dict[int, Polynomial]:
    """Coefficients of θ, θ², … for each slope of the half, by Gauss-Jordan elimination on its conditions."""
    trees = _trees(order)
    slopes = [i for i in range(START, len(moves)) if i % 2 == half][-len(trees) :]
    solved: dict[int, list[Fraction]] = {}  # by the column that only this row has
    for tree in trees:
        powers = (Fraction(node_count(tree) == power, density(tree)) for power in range(1, order + 1))
        row = [*(Fraction(_weight(moves, i, tree)) for i in slopes), *powers]
        for column, other in solved.items():
            row = _less(row, other, column)
        pivot = max(range(len(slopes)), key=lambda column: abs(row[column]))
        if abs(row[pivot]) > DEPENDENT:
            row = [x / row[pivot] for x in row]
            solved = {column: _less(other, row, pivot) for column, other in solved.items()}
            solved[pivot] = row
        if len(solved) == len(slopes):
            break
    return {slopes[column]: tuple(row[len(slopes) :]) for column, row in solved.items()}


def _less(row: list[Fraction], other: list[Fraction], column: int) -> list[Fraction]:
    """`row` less the multiple of `other`, which is 1 in that column, that makes it 0 there."""
    factor = row[column]
    return [x - factor * y for x, y in zip(row, other, strict=True)]


def _trees(order: int) -> list[Tree]:
    return [tree for nodes in range(1, order + 1) for tree in rooted_trees(nodes)]


def _weight(moves: Sequence[float], i: int, tree: Tree) -> float:
    """Φ_i(tree): the product over its branches of what the other half's moves before i sum up to."""
    return prod(fsum(moves[j] * _weight(moves, j, branch) for j in range(1 - i % 2, i, 2)) for branch in tree)
