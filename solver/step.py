"""One step: from (t, y) over dt to y1, with its error estimates and dense output inside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from torch import Tensor

from solver.coefficients import constant
from solver.field import FlatField
from solver.interpolation import Interpolant
from solver.method import RungeKutta
from solver.stages import Stages

MakeStages = Callable[[int, Tensor], Stages]


class Step(NamedTuple):
    """Where a step ends, and its error estimates divided by dt: none, one, or the two of Dormand-Prince 8(5,3).

    An implicit step says how many iterations of Newton's method it took; where these did not solve it, all is NaN.
    """

    y1: Tensor
    errors: tuple[Tensor, ...]
    newton_iterations: int = 0
    solved: bool = True


class Stepper(Protocol):
    """Makes the steps of one solve. What it remembers between steps is its own affair.

    `first_slope` gives f at the point where the next step starts. `attempt` tries a step from there, and may try
    again with another dt; `outputs` is the solution inside the step attempted last, at t + θ dt; `accept` moves to
    that step's end. `start_from` gives it f at its start, where that is known already. `slopes` copies the stages,
    (stages, entries), that the step attempted last advanced by, where a step has such of its own.
    """

    def start_from(self, slope: Tensor) -> None: ...

    def first_slope(self, t: float, y: Tensor) -> Tensor: ...

    def attempt(self, t: float, y: Tensor, dt: float) -> Step: ...

    def outputs(self, t: float, y: Tensor, dt: float, thetas: Sequence[float]) -> Tensor: ...

    def slopes(self) -> Tensor | None: ...

    def accept(self) -> None: ...


class RungeKuttaStepper:
    """Steps of a Runge-Kutta method. A stage that is f at the step's end is the next step's first one."""

    def __init__(self, method: RungeKutta, field: FlatField, stages: MakeStages, like: Tensor) -> None:
        tableau = method.tableau
        self._field = field
        self._tableau = tableau
        self._nodes, self._count, self._ends_at_stage = tableau.all_c, tableau.stages, tableau.fsal
        self._stages = stages(len(tableau.all_c), like)
        self._evaluated = 0  # how many leading stages hold their slopes for the current point and dt
        self._a = [constant(row, like) for row in tableau.all_a]
        self._b = constant(tableau.b, like)
        self._estimates = [constant(estimate.weights, like) for estimate in tableau.estimates]
        self._interpolant = Interpolant(tableau.dense_rows, like)

    def start_from(self, slope: Tensor) -> None:
        self._stages.put(0, slope)
        self._evaluated = 1

    def first_slope(self, t: float, y: Tensor) -> Tensor:
        if not self._evaluated:
            self._stages.put(0, self._field.evaluate(t, y))
            self._evaluated = 1
        return self._stages.get(0)

    def attempt(self, t: float, y: Tensor, dt: float) -> Step:
        self.first_slope(t, y)
        self._evaluated = 1
        last = self._evaluate_stages(t, y, dt, self._count)
        y1 = last if self._ends_at_stage else self._stages.step(y, self._b, dt)
        return Step(y1, tuple([self._stages.total(weights) for weights in self._estimates]))

    def outputs(self, t: float, y: Tensor, dt: float, thetas: Sequence[float]) -> Tensor:
        self._evaluate_stages(t, y, dt, len(self._nodes))
        return self._stages.rows(y, self._interpolant.weights(thetas), dt)

    def slopes(self) -> Tensor | None:
        return self._stages.first(self._tableau.advancing)

    def accept(self) -> None:
        place = self._tableau.handed_on
        handed_on = place if place is not None and place < self._evaluated else None
        self._stages.advance(handed_on)
        self._evaluated = 0 if handed_on is None else 1

    def forget(self) -> None:
        """Move on without the slopes, since someone else made the step."""
        self._evaluated = 0

    def _evaluate_stages(self, t: float, y: Tensor, dt: float, stop: int) -> Tensor:
        """Evaluate the stages up to `stop` that are still missing; the state at which the last one was evaluated."""
        nodes, stages, field, at = self._nodes, self._stages, self._field, y
        for stage in range(self._evaluated, stop):
            at = stages.step(y, self._a[stage], dt)
            stages.put(stage, field.evaluate(t + nodes[stage] * dt, at))
        self._evaluated = max(self._evaluated, stop)
        return at
