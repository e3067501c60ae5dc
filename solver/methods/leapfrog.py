"""Leapfrog, the Störmer-Verlet method in its kick-drift-kick form.

Source: Hairer, Lubich, Wanner, Acta Numerica 12 (2003) 399, "Geometric numerical integration illustrated by the
Störmer-Verlet method", (1.5).
"""

from solver.method import Symplectic
from solver.methods.heun import HEUN

LEAPFROG = Symplectic(
    name="leapfrog",
    label="Leapfrog (Verlet)",
    sentence="For states (q, p): half a kick, a drift, half a kick. Order 2 if separable, energy stays bounded.",
    order=2,
    kicks=(1 / 2, 1 / 2),
    drifts=(1.0,),
    companion=HEUN,
)
