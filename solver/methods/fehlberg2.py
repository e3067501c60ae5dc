"""Fehlberg 2(1), which goes on with its second-order solution.

Source: Fehlberg, NASA Technical Report R-315 (1969), RK1(2). Fehlberg himself goes on with the first-order solution,
whose weights (1/256, 255/256) are also the third stage's, and whose error is 1/256 of Euler's. That small error is what
the estimate measures: unless dt is below about 1/20 of the field's time scale, the second-order solution's own error is
larger, so that at loose tolerances steps are far too long (docs/proof.md shows by how much).
"""

from solver.method import RungeKutta
from solver.tableau import ButcherTableau, ErrorEstimate

FEHLBERG2 = RungeKutta(
    name="fehlberg2",
    label="Fehlberg 2(1)",
    sentence="Adaptive, order 2, three evaluations a step; its error estimate is far too small at loose tolerances.",
    tableau=ButcherTableau(
        order=2,
        c=(0.0, 1 / 2, 1.0),
        a=((), (1 / 2,), (1 / 256, 255 / 256)),
        b=(1 / 512, 255 / 256, 1 / 512),
        estimates=(ErrorEstimate((-1 / 512, 0.0, 1 / 512), order=1),),
        dense_order=2,
    ),
)
