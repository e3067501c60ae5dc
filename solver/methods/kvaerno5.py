"""Kværnø 5(4), an ESDIRK pair whose two solutions are both stiffly accurate.

Source: Kværnø, BIT Numerical Mathematics 44 (2004) 489, table of the 5(4) pair with γ = 0.26. The paper gives no dense
output; the row that raises the cubic Hermite interpolant to order 4 is the smallest one (least sum of squares) that
meets the order conditions of all rooted trees with up to 4 nodes.
"""

from solver.method import ImplicitRungeKutta
from solver.tableau import ButcherTableau, ErrorEstimate

DIAGONAL = 0.26
CAUTION = 4.25
"""By how much the step's leading error (3.5e-3, of order 6) exceeds the difference of the two solutions (8.2e-4, of
order 5), each as the norm of `solver.certifying.principal_error`. The pair was built for small coefficients of both, so
that the difference tells less than the step errs until dt is well below the field's own time scale; times this it tells
as much from there on. Without it the error is up to 90 times the tolerance on y' = cos(t) A y, with it 20 times."""

_fourth = (
    0.13855640231268224,
    0.0,
    -0.04245337201752043,
    0.02446657898003141,
    0.61943039072480676,
    DIAGONAL,
)
_fifth = (
    0.13659751177640291,
    0.0,
    -0.05496908796538376,
    -0.04118626728321046,
    0.62993304899016403,
    0.06962479448202728,
    DIAGONAL,
)

KVAERNO5 = ImplicitRungeKutta(
    name="kvaerno5",
    label="Kværnø 5(4)",
    sentence="Adaptive and L-stable, order 5, six small systems a step: for stiff fields, smooth in between.",
    tableau=ButcherTableau(
        order=5,
        c=(0.0, 2 * DIAGONAL, 1.23033320996790809, 0.89576598435007586, 0.43639360985864758, 1.0, 1.0),
        a=(
            (),
            (DIAGONAL, DIAGONAL),
            (0.13, 0.84033320996790809, DIAGONAL),
            (0.22371961478320505, 0.47675532319799699, -0.06470895363112615, DIAGONAL),
            (0.16648564323248321, 0.10450018841591720, 0.03631482272098715, -0.13090704451073998, DIAGONAL),
            _fourth,
            _fifth,
        ),
        b=_fifth,
        estimates=(
            ErrorEstimate((*(CAUTION * (x - y) for x, y in zip(_fifth, _fourth, strict=False)), CAUTION * DIAGONAL), 4),
        ),
        dense=(
            (
                -0.48424934964585915832,
                0.0,
                0.99217470118034615257,
                -0.62410803310215611155,
                1.3801004273784250692,
                -0.63195887290537785775,
                -0.63195887290537799041,
            ),
        ),
        dense_order=4,
    ),
    filter=DIAGONAL,
)
