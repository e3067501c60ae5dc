"""Radau IIA of order 5: collocation at three points, the last one the step's end.

Source: Hairer, Wanner, Solving Ordinary Differential Equations II, IV.5, table 5.6; error estimate (8.19) of IV.8. The
first stage, f at the step's start, serves the estimate and dense output alone. Dense output is the quartic that has
the collocation polynomial's slopes and also that one; it is order 4 where the collocation polynomial is order 3.
"""

from math import sqrt

from solver.method import ImplicitRungeKutta
from solver.tableau import ButcherTableau, ErrorEstimate

_root = sqrt(6)
_rows = (
    ((88 - 7 * _root) / 360, (296 - 169 * _root) / 1800, (-2 + 3 * _root) / 225),
    ((296 + 169 * _root) / 1800, (88 + 7 * _root) / 360, (-2 - 3 * _root) / 225),
    ((16 - _root) / 36, (16 + _root) / 36, 1 / 9),
)
REAL_EIGENVALUE = (6 + 81 ** (1 / 3) - 9 ** (1 / 3)) / 30
"""The real one of a's eigenvalues. The estimate's weights are given for the stages' increments Σ a_ij k_j."""

_increments = ((-13 - 7 * _root) / 3, (-13 + 7 * _root) / 3, -1 / 3)
_estimate = tuple(
    REAL_EIGENVALUE * sum(weight * row[stage] for weight, row in zip(_increments, _rows, strict=True))
    for stage in range(3)
)

RADAU5 = ImplicitRungeKutta(
    name="radau5",
    label="Radau IIA 5(3)",
    sentence="Adaptive and L-stable, order 5, one system of three stages a step: the standard for very stiff fields.",
    tableau=ButcherTableau(
        order=5,
        c=(0.0, (4 - _root) / 10, (4 + _root) / 10, 1.0),
        a=((), *((0.0, *row) for row in _rows)),
        b=(0.0, *_rows[-1]),
        estimates=(ErrorEstimate((REAL_EIGENVALUE, *_estimate), order=3),),
        dense=((-2.5, 3.8951955118123059561, -2.2285288451456392894, 0.83333333333333333333),),
        dense_order=4,
    ),
    filter=REAL_EIGENVALUE,
)
