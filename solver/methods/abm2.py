"""Adams-Bashforth-Moulton of order 2, as PECE. Source: Hairer, Nørsett, Wanner I, III.1, (1.5), (1.9) and table 1.2."""

from fractions import Fraction

from solver.method import AdamsBashforthMoulton
from solver.methods.ab2 import AB2

ABM2 = AdamsBashforthMoulton(
    name="abm2",
    label="Adams-Bashforth-Moulton 2",
    sentence="Predicts and corrects: order 2, two evaluations a step, fixed steps, stabler than Adams-Bashforth.",
    predictor=AB2,
    weights=(Fraction(1, 2), Fraction(1, 2)),
)
