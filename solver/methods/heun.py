"""Heun's second-order method, the explicit trapezoidal rule. Source: Heun, Z. Math. Phys. 45 (1900) 23."""

from solver.method import RungeKutta
from solver.tableau import ButcherTableau

HEUN = RungeKutta(
    name="heun",
    label="Heun",
    sentence="Averages the field at both ends of the step: order 2, two evaluations.",
    tableau=ButcherTableau(order=2, c=(0.0, 1.0), a=((), (1.0,)), b=(0.5, 0.5), dense_order=2),
)
