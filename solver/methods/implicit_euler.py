"""Implicit Euler. Source: Hairer, Wanner, Solving Ordinary Differential Equations II, IV.3, (3.9)."""

from solver.method import ImplicitRungeKutta
from solver.tableau import ButcherTableau

IMPLICIT_EULER = ImplicitRungeKutta(
    name="implicit_euler",
    label="Implicit Euler",
    sentence="A step along the slope at its own end: order 1, solved by Newton, stable however stiff the field.",
    tableau=ButcherTableau(order=1, c=(1.0,), a=((1.0,),), b=(1.0,), dense_order=1),
)
