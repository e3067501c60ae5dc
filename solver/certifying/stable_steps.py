"""How long a step of any method may be on y' = λ y before it grows what does not grow."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan
from typing import NamedTuple

import torch
from torch import Tensor

from solver.certifying.stability import imaginary_interval, real_interval
from solver.certifying.step_matrix import step_matrices
from solver.method import ImplicitRungeKutta, Method, RungeKutta, Symplectic

GROWTH = 1e-10
"""Growth a step that rounding could be as well."""
NEAR, FAR = 0.1, 1e8
"""From where on an oscillation's growth, which is of the size of errors, shows; and what is as good as infinite."""
STRIDES = 4000


class StableSteps(NamedTuple):
    """A step is stable for real λ dt from -`real` to 0, and for imaginary λ dt up to ±i `imaginary`; maybe infinite.

    `at_infinity` is what an infinitely stiff component is multiplied by, at most, in a step: below 1 for L-stable
    methods it is 0. Infinite where steps are not stable there. `real` is NaN for methods of oscillators alone.
    """

    real: float
    imaginary: float
    at_infinity: float


def stable_steps(method: Method) -> StableSteps:
    """By the exact polynomial for explicit Runge-Kutta methods, else by the eigenvalues of `step_matrices`."""
    if isinstance(method, RungeKutta):
        return StableSteps(real_interval(method.tableau), imaginary_interval(method.tableau), inf)

    def along(direction: complex) -> Callable[[Tensor], Tensor]:
        return lambda sizes: _growth(method, sizes * direction)

    real = nan if isinstance(method, Symplectic) else _first_growth(along(-1.0 + 0.0j))
    imaginary = _first_growth(along(1j))
    at_infinity = inf
    if isinstance(method, ImplicitRungeKutta):
        at_infinity = float(_growth(method, torch.tensor([-FAR], dtype=torch.complex128))) + 1
    return StableSteps(real, imaginary if imaginary > NEAR else 0.0, at_infinity)


def _growth(method: Method, z: Tensor) -> Tensor:
    """By how much the largest eigenvalue of a step exceeds 1, for each z."""
    largest: Tensor = torch.linalg.eigvals(step_matrices(method, z)).abs().amax(-1)
    return largest - 1


def _first_growth(growth: Callable[[Tensor], Tensor]) -> float:
    """Where steps that are stable at first begin to grow; infinite where none does."""
    sizes = torch.cat((torch.linspace(NEAR / 100, 20, STRIDES), torch.logspace(1.31, 8, STRIDES))).double()
    grows = growth(sizes) > GROWTH
    if not bool(grows.any()):
        return inf
    first = int(grows.nonzero()[0])
    if first == 0:
        return 0.0
    low, high = sizes[first - 1], sizes[first]
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if bool(growth(middle[None]) > GROWTH) else (middle, high)
    return float(low)
