"""How long a step may be on y' = λ y: where a Runge-Kutta method's stability polynomial stays within the unit disc.

A step multiplies y by R(λ dt) = 1 + Σ_k (bᵀ A^(k-1) 1) (λ dt)^k. Source: Hairer, Wanner, Solving Ordinary Differential
Equations II, IV.2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import fsum, sqrt

from solver.tableau import ButcherTableau

ROUNDING = 1e-13
STRIDE = 1e-3


def stability_polynomial(tableau: ButcherTableau) -> tuple[float, ...]:
    """The coefficients of R, from the constant one upwards."""
    powers, coefficients = [1.0] * tableau.stages, [1.0]
    for _ in range(tableau.stages):
        coefficients.append(fsum(x * y for x, y in zip(tableau.b, powers, strict=True)))
        powers = [fsum(x * y for x, y in zip(row, powers, strict=False)) for row in tableau.a]
    return tuple(x if abs(x) > ROUNDING else 0.0 for x in coefficients)


def real_interval(tableau: ButcherTableau) -> float:
    """The largest x for which |R| ≤ 1 on all of [-x, 0]."""
    polynomial = stability_polynomial(tableau)
    return _first_above_zero(lambda x: abs(_value(polynomial, -x)) - 1.0, _longest(tableau))


def imaginary_interval(tableau: ButcherTableau) -> float:
    """The largest y for which |R| ≤ 1 on all of [-iy, iy]: 0 for many methods, which let every oscillation grow."""
    growth = _growth_on_imaginary_axis(stability_polynomial(tableau))
    lowest = next((x for x in growth if x), 0.0)
    if lowest > 0.0:
        return 0.0
    return sqrt(_first_above_zero(lambda u: _value(growth, u), _longest(tableau) ** 2))


def _growth_on_imaginary_axis(polynomial: Sequence[float]) -> list[float]:
    """|R(iy)|² - 1 as a polynomial in u = y². What vanishes but for rounding is set to zero: near u = 0 it decides."""
    even = [x * (-1) ** k for k, x in enumerate(polynomial[0::2])]
    odd = [x * (-1) ** k for k, x in enumerate(polynomial[1::2])]
    growth = []
    for power in range(len(polynomial)):
        terms = [even[i] * even[power - i] for i in range(len(even)) if 0 <= power - i < len(even)]
        terms += [odd[i] * odd[power - 1 - i] for i in range(len(odd)) if 0 <= power - 1 - i < len(odd)]
        total = fsum(terms)
        growth.append(total if abs(total) > ROUNDING * fsum(map(abs, terms)) else 0.0)
    growth[0] = 0.0  # |R(0)| = 1
    return growth


def _first_above_zero(function: Callable[[float], float], limit: float) -> float:
    """Where `function`, not positive next to 0, first becomes positive; `limit` where it does not before."""
    stride = min(STRIDE, limit / 1000)
    low = stride
    while low < limit and function(low + stride) <= 0.0:
        low += stride
    high = low + stride
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) <= 0.0 else (low, middle)
    return low


def _longest(tableau: ButcherTableau) -> float:
    """No consistent explicit method of s stages is stable beyond 2 s² on the negative real axis (Chebyshev's)."""
    return 2.0 * tableau.stages**2 + 1.0


def _value(polynomial: Sequence[float], x: float) -> float:
    value = 0.0
    for coefficient in reversed(polynomial):
        value = value * x + coefficient
    return value
