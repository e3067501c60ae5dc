"""Bogacki-Shampine 3(2), with cubic Hermite dense output. Source: Appl. Math. Lett. 2 (1989) 321."""

from solver.method import RungeKutta
from solver.tableau import ButcherTableau, ErrorEstimate

BOSH3 = RungeKutta(
    name="bosh3",
    label="Bogacki-Shampine 3(2)",
    sentence="Adaptive, order 3, three evaluations a step: cheap at loose tolerances.",
    tableau=ButcherTableau(
        order=3,
        c=(0.0, 1 / 2, 3 / 4, 1.0),
        a=((), (1 / 2,), (0.0, 3 / 4), (2 / 9, 1 / 3, 4 / 9)),
        b=(2 / 9, 1 / 3, 4 / 9, 0.0),
        estimates=(ErrorEstimate((2 / 9 - 7 / 24, 1 / 3 - 1 / 4, 4 / 9 - 1 / 3, -1 / 8), order=2),),
        dense_order=3,
    ),
)
