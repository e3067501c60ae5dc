"""Adams-Bashforth of order 3. Source: Hairer, Nørsett, Wanner I, III.1, (1.5) and table 1.1."""

from fractions import Fraction

from solver.method import AdamsBashforth
from solver.methods.bosh3 import BOSH3

AB3 = AdamsBashforth(
    name="ab3",
    label="Adams-Bashforth 3",
    sentence="One evaluation a step from three past slopes: order 3, fixed steps, started by Bogacki-Shampine.",
    weights=(Fraction(23, 12), Fraction(-16, 12), Fraction(5, 12)),
    starter=BOSH3,
)
