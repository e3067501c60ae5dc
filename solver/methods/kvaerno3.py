"""Kværnø 3(2), an ESDIRK pair whose two solutions are both stiffly accurate, with cubic Hermite dense output.

Source: Kværnø, BIT Numerical Mathematics 44 (2004) 489. Every coefficient follows from the diagonal entry, which is
the root of 6 γ³ - 18 γ² + 9 γ - 1 between 1/3 and 1/2: that makes the method L-stable.
"""

from solver.method import ImplicitRungeKutta
from solver.tableau import ButcherTableau, ErrorEstimate

DIAGONAL = 0.43586652150845899942

_second = ((-4 * DIAGONAL**2 + 6 * DIAGONAL - 1) / (4 * DIAGONAL), (1 - 2 * DIAGONAL) / (4 * DIAGONAL), DIAGONAL)
_third = (
    (6 * DIAGONAL - 1) / (12 * DIAGONAL),
    -1 / ((24 * DIAGONAL - 12) * DIAGONAL),
    (-6 * DIAGONAL**2 + 6 * DIAGONAL - 1) / (6 * DIAGONAL - 3),
    DIAGONAL,
)

KVAERNO3 = ImplicitRungeKutta(
    name="kvaerno3",
    label="Kværnø 3(2)",
    sentence="Adaptive and L-stable, order 3, three small systems a step: for stiff fields at loose tolerances.",
    tableau=ButcherTableau(
        order=3,
        c=(0.0, 2 * DIAGONAL, 1.0, 1.0),
        a=((), (DIAGONAL, DIAGONAL), _second, _third),
        b=_third,
        estimates=(
            ErrorEstimate(
                (_third[0] - _second[0], _third[1] - _second[1], _third[2] - DIAGONAL, DIAGONAL),
                order=2,
            ),
        ),
        dense_order=3,
    ),
    filter=DIAGONAL,
)
