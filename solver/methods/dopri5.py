"""Dormand-Prince 5(4) with Shampine's fourth-order dense output.

Source: Dormand, Prince, J. Comp. Appl. Math. 6 (1980) 19; dense output by Shampine, Math. Comp. 46 (1986) 135, in the
form of Hairer's DOPRI5 (Hairer, Nørsett, Wanner I, II.6 and appendix).
"""

from solver.method import RungeKutta
from solver.tableau import ButcherTableau, ErrorEstimate

DOPRI5 = RungeKutta(
    name="dopri5",
    label="Dormand-Prince 5(4)",
    sentence="The usual adaptive choice: order 5, six evaluations a step, free dense output.",
    tableau=ButcherTableau(
        order=5,
        c=(0.0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0),
        a=(
            (),
            (1 / 5,),
            (3 / 40, 9 / 40),
            (44 / 45, -56 / 15, 32 / 9),
            (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
            (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
            (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
        ),
        b=(35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84, 0.0),
        estimates=(
            ErrorEstimate((71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40), order=4),
        ),
        dense=(
            (
                -12715105075 / 11282082432,
                0.0,
                87487479700 / 32700410799,
                -10690763975 / 1880347072,
                701980252875 / 199316789632,
                -1453857185 / 822651844,
                69997945 / 29380423,
            ),
        ),
        dense_order=4,
    ),
)
