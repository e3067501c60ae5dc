"""Kutta's other fourth-order method, by the 3/8 quadrature rule.

Source: Kutta, Z. Math. Phys. 46 (1901) 435; Hairer, Nørsett, Wanner I, table II.1.2 (right). The row of `dense` is the
one solution of the four continuous order conditions of order 3, so the interpolant needs no further stage.
"""

from solver.method import RungeKutta
from solver.tableau import ButcherTableau

RK4_38 = RungeKutta(
    name="rk4_38",
    label="Runge-Kutta 4, 3/8 rule",
    sentence="The 3/8 rule: order 4, four evaluations, smaller error than the classical method, fixed steps.",
    tableau=ButcherTableau(
        order=4,
        c=(0.0, 1 / 3, 2 / 3, 1.0),
        a=((), (1 / 3,), (-1 / 3, 1.0), (1.0, -1.0, 1.0)),
        b=(1 / 8, 3 / 8, 3 / 8, 1 / 8),
        dense=((-1.0, 3 / 2, 0.0, -1 / 2),),
        dense_order=3,
    ),
)
