"""The explicit midpoint rule. Source: Runge, Math. Ann. 46 (1895) 167; Hairer, Nørsett, Wanner I, table II.1.1."""

from solver.method import RungeKutta
from solver.tableau import ButcherTableau

MIDPOINT = RungeKutta(
    name="midpoint",
    label="Midpoint",
    sentence="Steps along the field as it is half-way: order 2, two evaluations.",
    tableau=ButcherTableau(order=2, c=(0.0, 0.5), a=((), (0.5,)), b=(0.0, 1.0), dense_order=2),
)
