"""Adams-Bashforth of order 2. Source: Hairer, Nørsett, Wanner I, III.1, (1.5) and table 1.1."""

from fractions import Fraction

from solver.method import AdamsBashforth
from solver.methods.midpoint import MIDPOINT

AB2 = AdamsBashforth(
    name="ab2",
    label="Adams-Bashforth 2",
    sentence="One evaluation a step from two past slopes: order 2, fixed steps, started by the midpoint rule.",
    weights=(Fraction(3, 2), Fraction(-1, 2)),
    starter=MIDPOINT,
)
