"""The discrete adjoint: cotangents of saved states pulled back through the very steps that the solve made.

Step sizes are constants. Every stage is evaluated again from the step's kept start, and pulled back once; slopes that
two steps share (FSAL, the history of a multistep method) are pulled back once for both.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from solver.coefficients import constant
from solver.field import FlatField, Pullback
from solver.gradients.cotangents import ParameterSums, SavedCotangents
from solver.interpolation import Interpolant
from solver.stages import StageBuffer
from solver.tableau import ButcherTableau
from solver.trajectory import Checkpoint, Point, StepPullbacks


class StepwiseAdjoint(ABC):
    """Pulls cotangents back through Runge-Kutta steps, one after the other."""

    def __init__(self, tableau: ButcherTableau, field: FlatField, sums: ParameterSums, like: Tensor) -> None:
        self._tableau = tableau
        self._field = field
        self._sums = sums
        self._size = len(tableau.all_c)
        self._a = [constant(row, like) for row in tableau.all_a]
        self._interpolant = Interpolant(tableau.dense_rows, like)
        # where the stage at the step's end serves only dense output, it is pulled back as the next step's first one
        self._shares = shares_last_stage(tableau)

    @final
    def run(self, steps: Sequence[Checkpoint], saved: SavedCotangents, end: Point) -> Tensor:
        """Cotangents of the saved states -> cotangent of the state at the first step's start.

        `end` is where the last step ends.
        """
        cotangent = torch.zeros_like(end.y)
        inside = self.stage_cotangents(steps[-1], saved)
        if self._shares and inside is not None:
            pull(self._field.linearise(end.t, end.y).pullback, inside[-1], cotangent, self._sums)
        for place in reversed(range(len(steps))):
            step = steps[place]
            before = self.stage_cotangents(steps[place - 1], saved) if place else None
            shared = before[-1] if self._shares and before is not None else None
            cotangent = self.pull_back(step, cotangent, saved, inside, shared, skip_last=self._shares)
            inside = before
        return cotangent

    @final
    def stage_cotangents(self, step: Checkpoint, saved: SavedCotangents) -> Tensor | None:
        """Cotangents of all stages due to the states saved inside the step; None when there are none."""
        rows = saved.inside(step)
        if rows is None:
            return None
        weights = self._interpolant.weights(step.thetas[: len(rows)])
        return step.dt * (weights.t() @ rows)

    @abstractmethod
    def pull_back(
        self,
        step: Checkpoint,
        cotangent: Tensor,
        saved: SavedCotangents,
        inside: Tensor | None,
        first_slope: Tensor | None,
        skip_last: bool = False,
    ) -> Tensor:
        """Cotangent of the step's end -> cotangent of its start, with those saved in the step added on the way.

        `inside` are the step's `stage_cotangents`, of which `skip_last` leaves the last one out; `first_slope` is what
        other steps have to say about f at its start.
        """
        ...


class StagewiseAdjoint(StepwiseAdjoint):
    """Pulls a step back through as many of its stages as have a say."""

    @final
    def pull_back(
        self,
        step: Checkpoint,
        cotangent: Tensor,
        saved: SavedCotangents,
        inside: Tensor | None,
        first_slope: Tensor | None,
        skip_last: bool = False,
    ) -> Tensor:
        at_end, rows = saved.at_end(step), saved.inside(step)
        stop = self._tableau.advancing if inside is None or skip_last else self._size
        total = cotangent if at_end is None else cotangent + at_end
        start = self.pull_stages(step, total, None if inside is None else inside[:stop], first_slope, stop)
        return start if rows is None else start + rows.sum(0)

    @abstractmethod
    def pull_stages(
        self, step: Checkpoint, cotangent: Tensor, inside: Tensor | None, first_slope: Tensor | None, stop: int
    ) -> Tensor:
        """Cotangent of the step's end -> cotangent of its start, through the step's first `stop` stages.

        `inside`, (stop, entries), are further cotangents of these stages, `first_slope` one of the first.
        """
        ...


class RungeKuttaAdjoint(StagewiseAdjoint):
    """Pulls back stage by stage, for fields that know their own pullback."""

    def __init__(self, tableau: ButcherTableau, field: FlatField, sums: ParameterSums, like: Tensor) -> None:
        super().__init__(tableau, field, sums, like)
        self._stages = StageBuffer(self._size, like)
        self._pulled = like.new_zeros(self._size + 1, like.numel())
        self._columns = {stop: stage_columns(tableau, stop, like) for stop in (tableau.advancing, self._size)}

    def pull_stages(
        self, step: Checkpoint, cotangent: Tensor, inside: Tensor | None, first_slope: Tensor | None, stop: int
    ) -> Tensor:
        pulled = self._pulled[: stop + 1]
        pulled[stop] = cotangent
        pullbacks = self._linearise(step, stop)
        for stage in reversed(range(stop)):
            extra = None if inside is None else inside[stage]
            if stage == 0 and first_slope is not None:
                extra = first_slope if extra is None else extra + first_slope
            weights, later = self._columns[stop][stage], pulled[stage + 1 :].t()
            due = torch.mv(later, weights).mul_(step.dt)
            pull(pullbacks.pop(), due if extra is None else due.add_(extra), pulled[stage], self._sums)
        return pulled.sum(0)

    def _linearise(self, step: Checkpoint, stop: int) -> list[Pullback]:
        """The pullbacks of the step's first `stop` stages: those that were kept, or else these are evaluated again."""
        kept = step.graph.take(stop) if isinstance(step.graph, StepPullbacks) else None
        if kept is not None:
            return kept
        pullbacks = []
        for stage in range(stop):
            at = self._stages.step(step.y, self._a[stage], step.dt) if stage else step.y
            slope, pullback = self._field.linearise(step.t + self._tableau.all_c[stage] * step.dt, at)
            self._stages.put(stage, slope)
            pullbacks.append(pullback)
        return pullbacks


def pull(pullback: Pullback, cotangent: Tensor, out: Tensor, sums: ParameterSums) -> None:
    """Pull `cotangent` back: that of the state into `out`, those of the parameters onto `sums`."""
    gradients = pullback(cotangent)
    if gradients.y is None:
        out.zero_()
    else:
        out.copy_(gradients.y)
    sums.add(gradients.parameters)


def shares_last_stage(tableau: ButcherTableau) -> bool:
    """Whether the one stage that y1 does not depend on is f at the step's end, the next step's first slope."""
    return tableau.handed_on == tableau.advancing == len(tableau.all_c) - 1


def stage_columns(tableau: ButcherTableau, stop: int, like: Tensor) -> list[Tensor]:
    """For each stage, its weight in every later stage below `stop`, then in the step's end."""
    weights = tableau.b + (0.0,) * (stop - len(tableau.b))
    return [
        constant((*(tableau.all_a[later][stage] for later in range(stage + 1, stop)), weights[stage]), like)
        for stage in range(stop)
    ]
