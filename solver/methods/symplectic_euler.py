"""The symplectic Euler method, p first. Source: Hairer, Lubich, Wanner, Geometric Numerical Integration, (I.1.9)."""

from solver.method import Symplectic
from solver.methods.euler import EULER

SYMPLECTIC_EULER = Symplectic(
    name="symplectic_euler",
    label="Symplectic Euler",
    sentence="For states (q, p): kicks p, then drifts q with the new p. Order 1, keeps areas, energy stays bounded.",
    order=1,
    kicks=(1.0,),
    drifts=(1.0,),
    companion=EULER,
)
