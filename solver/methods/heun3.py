"""Heun's third-order method. Source: Heun, Z. Math. Phys. 45 (1900) 23; Hairer, Nørsett, Wanner I, table II.1.1."""

from solver.method import RungeKutta
from solver.tableau import ButcherTableau

HEUN3 = RungeKutta(
    name="heun3",
    label="Heun 3",
    sentence="Order 3, three evaluations, fixed steps.",
    tableau=ButcherTableau(
        order=3,
        c=(0.0, 1 / 3, 2 / 3),
        a=((), (1 / 3,), (0.0, 2 / 3)),
        b=(1 / 4, 0.0, 3 / 4),
        dense_order=2,
    ),
)
