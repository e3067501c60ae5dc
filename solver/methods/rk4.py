"""The classical fourth-order Runge-Kutta method.

Source: Kutta, Z. Math. Phys. 46 (1901) 435; Hairer, Nørsett, Wanner I, table II.1.2. Its interpolant of order 3 needs
no further stage: the same book, II.6, with b_1 = θ - 3θ²/2 + 2θ³/3, b_2 = b_3 = θ² - 2θ³/3, b_4 = -θ²/2 + 2θ³/3.
"""

from solver.method import RungeKutta
from solver.tableau import ButcherTableau

RK4 = RungeKutta(
    name="rk4",
    label="Runge-Kutta 4",
    sentence="The classical method: order 4, four evaluations, fixed steps.",
    tableau=ButcherTableau(
        order=4,
        c=(0.0, 1 / 2, 1 / 2, 1.0),
        a=((), (1 / 2,), (0.0, 1 / 2), (0.0, 0.0, 1.0)),
        b=(1 / 6, 1 / 3, 1 / 3, 1 / 6),
        dense=((-2 / 3, 2 / 3, 2 / 3, -2 / 3),),
        dense_order=3,
    ),
)
