"""The implicit methods of fixed steps that torchdiffeq's newest source has beyond this package's own.

Sources: collocation at Gauss and Radau nodes: Hairer, Wanner, Solving Ordinary Differential Equations II, IV.5;
SDIRK 2: Alexander, SIAM J. Numer. Anal. 14 (1977); TR-BDF2: Bank et al., IEEE Trans. Electron Devices 32 (1985).
"""

from __future__ import annotations

from fractions import Fraction
from math import fsum, sqrt

from solver.adams_weights import nested_rows
from solver.method import ImplicitRungeKutta
from solver.tableau import ButcherTableau, Row


def _integrals(nodes: Row) -> list[Row]:
    """Coefficients of θ, θ², … in ∫₀^θ ℓ_j, ℓ_j the Lagrange polynomial of the j-th node."""
    found = []
    for j, node in enumerate(nodes):
        polynomial = [1.0]
        for other in (*nodes[:j], *nodes[j + 1 :]):
            shifted, scaled = [0.0, *polynomial], [*(-other * x for x in polynomial), 0.0]
            polynomial = [(x + y) / (node - other) for x, y in zip(shifted, scaled, strict=True)]
        found.append(tuple(x / (power + 1) for power, x in enumerate(polynomial)))
    return found


def _collocation(name: str, label: str, nodes: Row, order: int) -> ImplicitRungeKutta:
    """The method whose polynomial has the field's slope at the nodes; its dense output is that polynomial."""
    integrals = _integrals(nodes)

    def at(theta: float) -> Row:
        return tuple(fsum(x * theta ** (power + 1) for power, x in enumerate(column)) for column in integrals)

    return ImplicitRungeKutta(
        name=name,
        label=label,
        sentence=f"Collocation at {len(nodes)} nodes: order {order}, fixed steps.",
        tableau=ButcherTableau(
            order=order,
            c=nodes,
            a=tuple(map(at, nodes)),
            b=at(1.0),
            dense=nested_rows([tuple(map(Fraction, column)) for column in integrals])[1:],
            dense_order=len(nodes),
        ),
    )


IMPLICIT_MIDPOINT = _collocation("implicit_midpoint", "Implicit midpoint", (0.5,), order=2)
GAUSS4 = _collocation("gl4", "Gauss-Legendre 4", (0.5 - sqrt(3) / 6, 0.5 + sqrt(3) / 6), order=4)
GAUSS6 = _collocation("gl6", "Gauss-Legendre 6", (0.5 - sqrt(15) / 10, 0.5, 0.5 + sqrt(15) / 10), order=6)
RADAU3 = _collocation("radauIIA3", "Radau IIA 3", (1 / 3, 1.0), order=3)

_DIAGONAL = 1 - sqrt(2) / 2

SDIRK2 = ImplicitRungeKutta(
    name="sdirk2",
    label="SDIRK 2",
    sentence="Two implicit stages, one after the other: L-stable, order 2, fixed steps.",
    tableau=ButcherTableau(
        order=2,
        c=(_DIAGONAL, 1.0),
        a=((_DIAGONAL,), (1 - _DIAGONAL, _DIAGONAL)),
        b=(1 - _DIAGONAL, _DIAGONAL),
    ),
)
TRBDF2 = ImplicitRungeKutta(
    name="trbdf2",
    label="TR-BDF2",
    sentence="The trapezoidal rule, then backward differentiation: L-stable, order 2, fixed steps.",
    tableau=ButcherTableau(
        order=2,
        c=(0.0, 2 * _DIAGONAL, 1.0),
        a=((), (_DIAGONAL, _DIAGONAL), (sqrt(2) / 4, sqrt(2) / 4, _DIAGONAL)),
        b=(sqrt(2) / 4, sqrt(2) / 4, _DIAGONAL),
    ),
)
