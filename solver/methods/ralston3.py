"""Ralston's third-order method, of least error bound among three-stage ones. Source: Math. Comput. 16 (1962) 431."""

from solver.method import RungeKutta
from solver.tableau import ButcherTableau

RALSTON3 = RungeKutta(
    name="ralston3",
    label="Ralston 3",
    sentence="Order 3, three evaluations: the one with the smallest error bound, fixed steps.",
    tableau=ButcherTableau(
        order=3,
        c=(0.0, 1 / 2, 3 / 4),
        a=((), (1 / 2,), (0.0, 3 / 4)),
        b=(2 / 9, 1 / 3, 4 / 9),
        dense_order=2,
    ),
)
