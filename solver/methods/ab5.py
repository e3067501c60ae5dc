"""Adams-Bashforth of order 5. Source: Hairer, Nørsett, Wanner I, III.1, (1.5) and table 1.1."""

from fractions import Fraction

from solver.method import AdamsBashforth
from solver.methods.dopri5 import DOPRI5

AB5 = AdamsBashforth(
    name="ab5",
    label="Adams-Bashforth 5",
    sentence="One evaluation a step from five past slopes: order 5, small stability region, started by Dormand-Prince.",
    weights=(Fraction(1901, 720), Fraction(-2774, 720), Fraction(2616, 720), Fraction(-1274, 720), Fraction(251, 720)),
    starter=DOPRI5,
)
