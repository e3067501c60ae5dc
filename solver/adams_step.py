"""Equal steps of Adams methods: explicit ones, and those that predict and correct."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from solver.coefficients import constant
from solver.field import FlatField
from solver.interpolation import Interpolant
from solver.method import AdamsBashforth, AdamsBashforthMoulton
from solver.step import MakeStages, RungeKuttaStepper, Step

SAME_SIZE = 1e-6
"""Steps whose sizes differ by more, relative to the size, are not equal: the history starts anew."""


class AdamsStepper:
    """Steps from a history of slopes, the first ones made by a starter, again wherever the step size changes."""

    def __init__(
        self, method: AdamsBashforth | AdamsBashforthMoulton, field: FlatField, stages: MakeStages, like: Tensor
    ) -> None:
        predictor = predictor_of(method)
        self._order = method.order
        self._field = field
        self._starter = RungeKuttaStepper(predictor.starter, field, stages, like)
        self._corrects = isinstance(method, AdamsBashforthMoulton)
        self._history = stages(method.order + self._corrects, like)  # slope n in place n mod order, f* after them
        explicit = ring(tuple(map(float, predictor.weights)))
        self._predict = [constant(row, like) for row in explicit]
        columns = [self._by_place(tuple(map(float, method.weights))), *map(self._by_place, method.dense_rows)]
        self._correct = [constant(row, like) for row in columns[0]]
        self._interpolants = [Interpolant(rows, like) for rows in zip(*columns[1:], strict=True)]
        self._count = 0
        self._dt = 0.0

    def start_from(self, slope: Tensor) -> None:
        self._starter.start_from(slope)

    def first_slope(self, t: float, y: Tensor) -> Tensor:
        return self._starter.first_slope(t, y)

    def attempt(self, t: float, y: Tensor, dt: float) -> Step:
        if not same_size(dt, self._dt):
            self._count, self._dt = 0, dt
        place = self._count % self._order
        self._history.put(place, self.first_slope(t, y))
        if self._starting:
            return Step(self._starter.attempt(t, y, dt).y1, ())
        y1 = self._history.step(y, self._predict[place], dt)
        if self._corrects:
            self._history.put(self._order, self._field.evaluate(t + dt, y1))
            y1 = self._history.step(y, self._correct[place], dt)
        return Step(y1, ())

    def outputs(self, t: float, y: Tensor, dt: float, thetas: Sequence[float]) -> Tensor:
        if self._starting:
            return self._starter.outputs(t, y, dt, thetas)
        weights = self._interpolants[self._count % self._order].weights(thetas)
        return self._history.rows(y, weights, dt)

    def slopes(self) -> Tensor | None:
        return None

    def accept(self) -> None:
        if self._starting:
            self._starter.accept()
        else:
            self._starter.forget()
        self._count += 1

    @property
    def _starting(self) -> bool:
        return self._count < self._order - 1

    def _by_place(self, weights: Sequence[float]) -> list[tuple[float, ...]]:
        """Weights by age, that of f* before them where there is one, as weights by place of the history."""
        if not self._corrects:
            return ring(weights)
        return [(*row, weights[0]) for row in ring((*weights[1:], 0.0))]


def predictor_of(method: AdamsBashforth | AdamsBashforthMoulton) -> AdamsBashforth:
    """The explicit method that predicts, which is all there is to an explicit one."""
    return method if isinstance(method, AdamsBashforth) else method.predictor


def same_size(dt: float, before: float) -> bool:
    """Whether two steps that follow one another count as equal."""
    return abs(dt - before) <= SAME_SIZE * abs(dt)


def ring(weights: Sequence[float]) -> list[tuple[float, ...]]:
    """Weights by age as weights by place in a ring buffer, for each place that the newest entry may have."""
    size = len(weights)
    return [tuple(weights[(newest - place) % size] for place in range(size)) for newest in range(size)]
