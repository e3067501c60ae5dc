"""Steps of the asynchronous leapfrog method: a midpoint step along a slope that is carried on, not evaluated."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from solver.coefficients import constant
from solver.field import FlatField
from solver.interpolation import Interpolant
from solver.step import MakeStages, Step

CARRIED, MIDDLE = 0, 1
"""Places of v, the slope that is carried on, and of k, the slope half-way."""
DENSE_ROWS = ((0.0, 1.0), (1.0, -1.0))
"""y + dt (θ (1 - θ) v + θ² k): the parabola that leaves along v and ends at the step's end."""


class AsynchronousLeapfrogStepper:
    """Steps of the pair (y, v). `slopes` is the v that the step attempted last began with, of shape (1, entries)."""

    def __init__(self, field: FlatField, stages: MakeStages, like: Tensor) -> None:
        self._field = field
        self._stages = stages(2, like)
        self._started = False
        self._half = constant((0.5,), like)
        self._step = constant((0.0, 1.0), like)
        self._difference = constant((-1.0, 1.0), like)
        self._interpolant = Interpolant(DENSE_ROWS, like)

    def start_from(self, slope: Tensor) -> None:
        self._stages.put(CARRIED, slope)
        self._started = True

    def first_slope(self, t: float, y: Tensor) -> Tensor:
        if not self._started:
            self.start_from(self._field.evaluate(t, y))
        return self._stages.get(CARRIED)

    def attempt(self, t: float, y: Tensor, dt: float) -> Step:
        self.first_slope(t, y)
        middle = self._field.evaluate(t + 0.5 * dt, self._stages.step(y, self._half, dt))
        self._stages.put(MIDDLE, middle)
        return Step(self._stages.step(y, self._step, dt), (self._stages.total(self._difference),))

    def outputs(self, t: float, y: Tensor, dt: float, thetas: Sequence[float]) -> Tensor:
        return self._stages.rows(y, self._interpolant.weights(thetas), dt)

    def slopes(self) -> Tensor | None:
        return self._stages.first(1)

    def accept(self) -> None:
        self._stages.put(CARRIED, 2 * self._stages.get(MIDDLE) - self._stages.get(CARRIED))
