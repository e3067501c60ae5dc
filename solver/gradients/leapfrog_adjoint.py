"""The discrete adjoint of asynchronous leapfrog, from kept states or from states found again by undoing steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from solver.field import FlatField, Linearisation
from solver.gradients.cotangents import ParameterSums, SavedCotangents
from solver.gradients.discrete_adjoint import pull
from solver.trajectory import Checkpoint, Point


class Pair(NamedTuple):
    """The state and the slope that is carried along, or their cotangents."""

    y: Tensor
    v: Tensor


class AsynchronousLeapfrogAdjoint:
    """Pulls cotangents of the pair (y, v) back through steps, and v's at the start through v = f(t0, y0)."""

    def __init__(self, field: FlatField, sums: ParameterSums) -> None:
        self._field = field
        self._sums = sums

    def run(self, steps: Sequence[Checkpoint], saved: SavedCotangents, end: Point) -> Tensor:
        """As `RungeKuttaAdjoint.run`, where every step has the v that it began with as its `slopes`."""
        cotangent = Pair(torch.zeros_like(end.y), torch.zeros_like(end.y))
        for step in reversed(steps):
            middle = self.middle_from_start(step, pair_at_start(step))
            cotangent = self.pull_back(step, middle, cotangent, saved)
        return self.pull_back_start(steps[0].t, steps[0].y, cotangent)

    def middle_from_start(self, step: Checkpoint, start: Pair) -> Linearisation:
        """The field half-way, seen from the step's start."""
        return self._field.linearise(step.t + 0.5 * step.dt, torch.add(start.y, start.v, alpha=0.5 * step.dt))

    def pull_back(self, step: Checkpoint, middle: Linearisation, cotangent: Pair, saved: SavedCotangents) -> Pair:
        """Cotangents of the pair at the step's end -> at its start, with those saved in the step added on the way."""
        at_end, rows = saved.at_end(step), saved.inside(step)
        at_y = cotangent.y if at_end is None else cotangent.y + at_end
        at_v = -cotangent.v
        onto_middle = torch.add(2 * cotangent.v, at_y, alpha=step.dt)
        if rows is not None:
            theta = rows.new_tensor(step.thetas[: len(rows)])
            onto_middle += step.dt * (theta.square() @ rows)
            at_v += step.dt * ((theta * (1 - theta)) @ rows)
            at_y = at_y + rows.sum(0)
        pulled = torch.empty_like(at_y)
        pull(middle.pullback, onto_middle, pulled, self._sums)
        return Pair(at_y + pulled, at_v.add_(pulled, alpha=0.5 * step.dt))

    def pull_back_start(self, t: float, y: Tensor, cotangent: Pair) -> Tensor:
        """Cotangents of the pair at the first step's start -> of y there, which v is the field at."""
        pulled = torch.empty_like(y)
        pull(self._field.linearise(t, y).pullback, cotangent.v, pulled, self._sums)
        return cotangent.y + pulled


def pair_at_start(step: Checkpoint) -> Pair:
    """The pair that a kept step began with."""
    if step.slopes is None:
        raise ValueError("Steps of asynchronous leapfrog are pulled back from (y, v); keep their slopes too.")
    return Pair(step.y, step.slopes[0])
