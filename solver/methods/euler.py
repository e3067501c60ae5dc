"""Euler's method. Source: Euler, Institutionum calculi integralis I, 1768, ch. VII."""

from solver.method import RungeKutta
from solver.tableau import ButcherTableau

EULER = RungeKutta(
    name="euler",
    label="Euler",
    sentence="One straight step along the field: order 1, one evaluation, simple and coarse.",
    tableau=ButcherTableau(order=1, c=(0.0,), a=((),), b=(1.0,), dense_order=1),
)
