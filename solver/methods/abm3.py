"""Adams-Bashforth-Moulton of order 3, as PECE. Source: Hairer, Nørsett, Wanner I, III.1, (1.5), (1.9) and table 1.2."""

from fractions import Fraction

from solver.method import AdamsBashforthMoulton
from solver.methods.ab3 import AB3

ABM3 = AdamsBashforthMoulton(
    name="abm3",
    label="Adams-Bashforth-Moulton 3",
    sentence="Predicts and corrects: order 3, two evaluations a step, fixed steps, stabler than Adams-Bashforth.",
    predictor=AB3,
    weights=(Fraction(5, 12), Fraction(8, 12), Fraction(-1, 12)),
)
