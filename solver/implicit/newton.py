"""Newton's method for the stages of a block, and when to stop it. Source: Hairer, Wanner II, IV.8."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from solver.implicit.stage_equations import StageEquations
from solver.implicit.stage_system import StageSystem

MOST_ITERATIONS = 10
MOST_EXACT_ITERATIONS = 20
SLOW = 1e-3
"""A rate of convergence above which the next step is worth a new Jacobian."""


class Sizes(Protocol):
    """What tells how large changes of the state are; a size of 1 is small enough to stop at."""

    def norms(self, vectors: Sequence[Tensor], y: Tensor) -> list[float]: ...


class Linearised(NamedTuple):
    """The right-hand sides of the equations at some slopes, and the system that a Newton step solves there."""

    values: Tensor
    system: StageSystem


Linearise = Callable[[Tensor], Linearised]


class Iterated(NamedTuple):
    """Slopes (stages, entries), and whether they solve the equations; how many steps it took, and how fast.

    `rate` is by how much the last change was smaller than the one before, 0 after a single step.
    """

    slopes: Tensor
    solved: bool
    iterations: int
    rate: float

    @property
    def slow(self) -> bool:
        """Whether a newer Jacobian would have helped."""
        return self.iterations > 2 and self.rate > SLOW


class Newton:
    """Solves stage equations until what is left to change, by the rate of convergence, is small enough.

    It gives up as soon as changes grow. With one matrix for all iterations it also gives up when changes shrink too
    slowly to get there, and goes by the last solve's rate to stop after the first iteration where that suffices;
    `exact` is for a new Jacobian in every iteration, which converges ever faster.
    """

    def __init__(self, sizes: Sizes, *, exact: bool) -> None:
        self._sizes = sizes
        self._exact = exact
        self._most = MOST_EXACT_ITERATIONS if exact else MOST_ITERATIONS
        self._left = 1.0  # what is left to change, as a multiple of the last change: rate / (1 - rate)

    def solve(self, equations: StageEquations, guess: Tensor, linearise: Linearise) -> Iterated:
        """The slopes that solve the equations, from a first guess (stages, entries)."""
        slopes, before, rate = guess, 0.0, 0.0
        left = max(self._left, torch.finfo(guess.dtype).eps) ** 0.8
        for iteration in range(1, self._most + 1):
            values, system = linearise(slopes)
            change = system.solve(values - slopes)
            slopes = slopes + change
            size = self._size(equations, change, slopes)
            if iteration > 1:
                rate = size / before
                if not isfinite(size) or self._hopeless(rate, size, self._most - iteration):
                    return Iterated(slopes, False, iteration, rate)
                left = rate / (1.0 - rate)
            if left * size <= 1.0:
                self._left = 1.0 if self._exact else left
                return Iterated(slopes, True, iteration, rate)
            before = size
        return Iterated(slopes, False, self._most, rate)

    def _hopeless(self, rate: float, size: float, remaining: int) -> bool:
        return rate >= 1.0 or (not self._exact and rate**remaining / (1.0 - rate) * size > 1.0)

    def forget(self) -> None:
        """Expect nothing of the next solve."""
        self._left = 1.0

    def _size(self, equations: StageEquations, change: Tensor, slopes: Tensor) -> float:
        """The largest size of the changes that the states make. Not finite where they are not."""
        sizes = self._sizes.norms(equations.moved(change).unbind(), equations.states(slopes)[-1])
        return max(sizes) if all(map(isfinite, sizes)) else float("inf")
