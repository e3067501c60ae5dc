"""Ralston's second-order method, of least error bound among two-stage ones. Source: Math. Comput. 16 (1962) 431."""

from solver.method import RungeKutta
from solver.tableau import ButcherTableau

RALSTON = RungeKutta(
    name="ralston",
    label="Ralston",
    sentence="Order 2, two evaluations: the one with the smallest error bound, fixed steps.",
    tableau=ButcherTableau(order=2, c=(0.0, 2 / 3), a=((), (2 / 3,)), b=(1 / 4, 3 / 4), dense_order=2),
)
