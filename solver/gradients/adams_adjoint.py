"""The discrete adjoint of Adams methods: every slope of the history is pulled back once, for all steps that used it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from solver.adams_step import predictor_of, same_size
from solver.coefficients import constant
from solver.field import FlatField, Linearisation
from solver.gradients.cotangents import ParameterSums, SavedCotangents
from solver.gradients.discrete_adjoint import RungeKuttaAdjoint, pull
from solver.interpolation import Interpolant
from solver.method import AdamsBashforth, AdamsBashforthMoulton
from solver.trajectory import Checkpoint, Point


class AdamsAdjoint:
    """Pulls cotangents back through the steps of an Adams method, and of its starter before them."""

    def __init__(
        self, method: AdamsBashforth | AdamsBashforthMoulton, field: FlatField, sums: ParameterSums, like: Tensor
    ) -> None:
        predictor = predictor_of(method)
        self._order = method.order
        self._field = field
        self._sums = sums
        self._starter = RungeKuttaAdjoint(predictor.starter.tableau, field, sums, like)
        self._corrects = isinstance(method, AdamsBashforthMoulton)
        self._predict = constant(tuple(map(float, predictor.weights)), like)
        self._weights = constant(tuple(map(float, method.weights)), like)
        self._interpolant = Interpolant(method.dense_rows, like)
        self._known: dict[int, Linearisation] = {}  # the field at the starts of steps, by their places

    def run(self, steps: Sequence[Checkpoint], saved: SavedCotangents, end: Point) -> Tensor:
        """As `RungeKuttaAdjoint.run`."""
        cotangent = torch.zeros_like(end.y)
        # cotangents of f at this step's start, at the start of the one before, …
        slopes = end.y.new_zeros(self._order, end.y.numel())
        starting = self._starting(steps)
        for place in reversed(range(len(steps))):
            step = steps[place]
            if starting[place]:
                inside = self._starter.stage_cotangents(step, saved)
                cotangent = self._starter.pull_back(step, cotangent, saved, inside, slopes[0])
            else:
                cotangent = self._pull_back(steps, place, cotangent, saved, slopes)
            self._known.pop(place, None)
            slopes = torch.cat((slopes[1:], torch.zeros_like(slopes[:1])))
        return cotangent

    def _starting(self, steps: Sequence[Checkpoint]) -> list[bool]:
        """Which steps the starter made: those before which there are too few of the same size."""
        ages: list[int] = []
        for place, step in enumerate(steps):
            ages.append(ages[-1] + 1 if place and same_size(step.dt, steps[place - 1].dt) else 0)
        return [age < self._order - 1 for age in ages]

    def _pull_back(
        self, steps: Sequence[Checkpoint], place: int, cotangent: Tensor, saved: SavedCotangents, slopes: Tensor
    ) -> Tensor:
        """Cotangent of a multistep step's end -> of its start; enters what is due to its history into `slopes`."""
        step = steps[place]
        at_end, rows = saved.at_end(step), saved.inside(step)
        if at_end is not None:
            cotangent = cotangent + at_end
        due = step.dt * torch.outer(self._weights, cotangent)
        start = cotangent
        if rows is not None:
            weights = self._interpolant.weights(step.thetas[: len(rows)])
            due.addmm_(weights.t(), rows, alpha=step.dt)
            start = cotangent + rows.sum(0)
        if self._corrects:
            slopes[:-1] += due[1:]
            start = start + self._pull_back_prediction(steps, place, due[0], slopes)
        else:
            slopes += due
        pulled = torch.empty_like(start)
        pull(self._at(steps, place).pullback, slopes[0], pulled, self._sums)
        return start + pulled

    def _pull_back_prediction(
        self, steps: Sequence[Checkpoint], place: int, cotangent: Tensor, slopes: Tensor
    ) -> Tensor:
        """Cotangent of f at the predicted state -> of the step's start and, into `slopes`, of the history."""
        step = steps[place]
        history = torch.stack([self._at(steps, place - age).dy for age in range(self._order)])
        predicted = torch.addmv(step.y, history.t(), self._predict, alpha=step.dt)
        pulled = torch.empty_like(predicted)
        pull(self._field.linearise(step.t + step.dt, predicted).pullback, cotangent, pulled, self._sums)
        slopes.addr_(self._predict, pulled, alpha=step.dt)
        return pulled

    def _at(self, steps: Sequence[Checkpoint], place: int) -> Linearisation:
        """The field at the start of a step, linearised once for all steps whose history it is in."""
        if place not in self._known:
            self._known[place] = self._field.linearise(steps[place].t, steps[place].y)
        return self._known[place]
