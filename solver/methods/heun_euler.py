"""Heun-Euler 2(1): Heun's method with Euler's as its error estimate. Source: Hairer, Nørsett, Wanner I, II.4."""

from solver.method import RungeKutta
from solver.tableau import ButcherTableau, ErrorEstimate

HEUN_EULER = RungeKutta(
    name="heun_euler",
    label="Heun-Euler 2(1)",
    sentence="The simplest adaptive method: order 2, two evaluations a step; for seeing how step control works.",
    tableau=ButcherTableau(
        order=2,
        c=(0.0, 1.0),
        a=((), (1.0,)),
        b=(1 / 2, 1 / 2),
        estimates=(ErrorEstimate((-1 / 2, 1 / 2), order=1),),
        dense_order=2,
    ),
)
