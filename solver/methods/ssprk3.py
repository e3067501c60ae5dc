"""The strong-stability-preserving method of three stages and order 3.

Source: Shu, Osher, J. Comput. Phys. 77 (1988) 439, (2.19); Gottlieb, Shu, Tadmor, SIAM Rev. 43 (2001) 89. Every stage
is a convex combination of Euler steps of the same length, so what Euler's method keeps bounded stays bounded.
"""

from solver.method import RungeKutta
from solver.tableau import ButcherTableau

SSPRK3 = RungeKutta(
    name="ssprk3",
    label="SSP Runge-Kutta 3",
    sentence="Strong-stability preserving: order 3, three evaluations that average Euler steps, fixed steps.",
    tableau=ButcherTableau(
        order=3,
        c=(0.0, 1.0, 1 / 2),
        a=((), (1.0,), (1 / 4, 1 / 4)),
        b=(1 / 6, 1 / 6, 2 / 3),
        dense_order=2,
    ),
)
