"""Yoshida's fourth-order composition of three leapfrog steps, the middle one backwards.

Source: Yoshida, Phys. Lett. A 150 (1990) 262, (2.11), found at the same time by Forest, Ruth, Physica D 43 (1990) 105.
"""

from solver.method import Symplectic
from solver.methods.rk4 import RK4

OUTER = 1 / (2 - 2 ** (1 / 3))
INNER = 1 - 2 * OUTER

YOSHIDA4 = Symplectic(
    name="yoshida4",
    label="Yoshida 4",
    sentence="For states (q, p): three leapfrogs, one of them backwards. Order 4 if separable, energy stays bounded.",
    order=4,
    kicks=(OUTER / 2, (OUTER + INNER) / 2, (INNER + OUTER) / 2, OUTER / 2),
    drifts=(OUTER, INNER, OUTER),
    companion=RK4,
)
