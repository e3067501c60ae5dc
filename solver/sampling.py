"""At how many places, and at which, a step is sampled so that nothing of its interpolant is lost."""

from __future__ import annotations

from functools import cache
from math import cos, pi

from solver.leapfrog_step import DENSE_ROWS
from solver.method import AdamsBashforth, AdamsBashforthMoulton, Method, OneStep, Symplectic


def dense_degree(method: Method) -> int:
    """The degree in θ of the polynomials that the method's dense output consists of."""
    if isinstance(method, OneStep):
        return len(method.tableau.dense_rows)
    if isinstance(method, AdamsBashforth):
        return max(len(method.dense_rows), dense_degree(method.starter))
    if isinstance(method, AdamsBashforthMoulton):
        return max(len(method.dense_rows), dense_degree(method.predictor))
    return len(method.dense_rows) if isinstance(method, Symplectic) else len(DENSE_ROWS)


@cache
def chebyshev_nodes(degree: int) -> tuple[float, ...]:
    """The extrema of the Chebyshev polynomial of that degree, moved to [0, 1]; both ends are among them."""
    return (0.0, *(0.5 - 0.5 * cos(place * pi / degree) for place in range(1, degree)), 1.0)
