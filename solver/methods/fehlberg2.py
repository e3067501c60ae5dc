"""Fehlberg 2(1), which goes on with its second-order solution.

Source: Fehlberg, NASA Technical Report R-315 (1969), RK1(2). Fehlberg himself goes on with the first-order solution,
whose weights (1/256, 255/256) are also the third stage's, so that a step of his costs two evaluations.
"""

from solver.method import RungeKutta
from solver.tableau import ButcherTableau, ErrorEstimate

FEHLBERG2 = RungeKutta(
    name="fehlberg2",
    label="Fehlberg 2(1)",
    sentence="Adaptive, order 2, three evaluations a step, with a small error estimate: for loose tolerances.",
    tableau=ButcherTableau(
        order=2,
        c=(0.0, 1 / 2, 1.0),
        a=((), (1 / 2,), (1 / 256, 255 / 256)),
        b=(1 / 512, 255 / 256, 1 / 512),
        estimates=(ErrorEstimate((-1 / 512, 0.0, 1 / 512), order=1),),
        dense_order=2,
    ),
)
