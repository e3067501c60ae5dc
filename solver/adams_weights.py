"""The weights of Adams methods as exact fractions: integrals of the polynomials through slopes at equal distances.

Source: Hairer, Nørsett, Wanner, Solving Ordinary Differential Equations I, 2nd ed., III.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from solver.tableau import Row

Polynomial = tuple[Fraction, ...]


def adams_polynomials(order: int, newest: int) -> tuple[Polynomial, ...]:
    """Coefficients of θ, θ², … in b_j(θ) = ∫₀^θ ℓ_j(s) ds, ℓ_j the Lagrange polynomial of the node newest - j.

    The nodes are newest, newest - 1, … newest + 1 - order, in steps from the current point.
    """
    return tuple(_integrated(_lagrange(j, order, newest)) for j in range(order))


def adams_weights(order: int, newest: int) -> tuple[Fraction, ...]:
    """b_j(1): explicit (Adams-Bashforth) for newest = 0, implicit (Adams-Moulton) for newest = 1."""
    return tuple(sum(polynomial, Fraction(0)) for polynomial in adams_polynomials(order, newest))


def nested_rows(polynomials: Sequence[Polynomial]) -> tuple[Row, ...]:
    """Polynomials of one degree in the nested form of `solver.tableau`: row r has the coefficients r by polynomial."""
    columns = [_nested(polynomial) for polynomial in polynomials]
    return tuple(tuple(float(column[r]) for column in columns) for r in range(len(polynomials[0])))


def _lagrange(j: int, order: int, newest: int) -> list[Fraction]:
    """Coefficients of 1, s, s², … of the polynomial that is 1 at the node newest - j and 0 at the other nodes."""
    polynomial = [Fraction(1)]
    for m in range(order):
        if m != j:
            shifted = [Fraction(0), *polynomial]
            scaled = [*((m - newest) * x for x in polynomial), Fraction(0)]
            polynomial = [(x + y) / (m - j) for x, y in zip(shifted, scaled, strict=True)]
    return polynomial


def _integrated(polynomial: list[Fraction]) -> Polynomial:
    return tuple(x / (power + 1) for power, x in enumerate(polynomial))


def _nested(polynomial: Polynomial) -> list[Fraction]:
    """Coefficients r of θ(r_0 + (1-θ)(r_1 + θ(r_2 + …))) for the polynomial p_1 θ + p_2 θ² + …"""
    rest, found = list(polynomial), []
    for place in range(len(polynomial)):
        at = Fraction(1 - place % 2)  # the rest is divided by (1 - θ), then by θ, in turn
        value = sum((x * at**power for power, x in enumerate(rest)), Fraction(0))
        found.append(value)
        rest[0] -= value
        rest = _divided_by_one_minus_theta(rest) if at else rest[1:]
    return found


def _divided_by_one_minus_theta(polynomial: list[Fraction]) -> list[Fraction]:
    quotient, carried = [], Fraction(0)
    for x in polynomial[:-1]:
        carried += x
        quotient.append(carried)
    return quotient
