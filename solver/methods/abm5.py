"""Adams-Bashforth-Moulton of order 5, as PECE. Source: Hairer, Nørsett, Wanner I, III.1, (1.5), (1.9) and table 1.2."""

from fractions import Fraction

from solver.method import AdamsBashforthMoulton
from solver.methods.ab5 import AB5

ABM5 = AdamsBashforthMoulton(
    name="abm5",
    label="Adams-Bashforth-Moulton 5",
    sentence="Predicts and corrects: order 5, two evaluations a step, fixed steps, stabler than Adams-Bashforth.",
    predictor=AB5,
    weights=(Fraction(251, 720), Fraction(646, 720), Fraction(-264, 720), Fraction(106, 720), Fraction(-19, 720)),
)
