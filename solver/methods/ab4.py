"""Adams-Bashforth of order 4. Source: Hairer, Nørsett, Wanner I, III.1, (1.5) and table 1.1."""

from fractions import Fraction

from solver.method import AdamsBashforth
from solver.methods.rk4 import RK4

AB4 = AdamsBashforth(
    name="ab4",
    label="Adams-Bashforth 4",
    sentence="One evaluation a step from four past slopes: order 4, fixed steps, started by Runge-Kutta 4.",
    weights=(Fraction(55, 24), Fraction(-59, 24), Fraction(37, 24), Fraction(-9, 24)),
    starter=RK4,
)
