"""Adams-Bashforth-Moulton of order 4, as PECE. Source: Hairer, Nørsett, Wanner I, III.1, (1.5), (1.9) and table 1.2."""

from fractions import Fraction

from solver.method import AdamsBashforthMoulton
from solver.methods.ab4 import AB4

ABM4 = AdamsBashforthMoulton(
    name="abm4",
    label="Adams-Bashforth-Moulton 4",
    sentence="Predicts and corrects: order 4, two evaluations a step, fixed steps, stabler than Adams-Bashforth.",
    predictor=AB4,
    weights=(Fraction(9, 24), Fraction(19, 24), Fraction(-5, 24), Fraction(1, 24)),
)
