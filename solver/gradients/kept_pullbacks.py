"""Kept pullbacks: of a field that differentiates itself, the forward pass's own linearisations, while memory lasts."""

from __future__ import annotations

import torch
from torch import Tensor

from solver.field import DifferentiableField, FlatField, Linearisation, Pullback
from solver.gradients.held import bytes_held
from solver.solution import Stats
from solver.stages import StageBuffer
from solver.tableau import ButcherTableau
from solver.trajectory import StepPullbacks


class PullbackStages(StageBuffer):
    """Stages, and in `steps` the pullbacks of every accepted step's, as many as its own pullback asks for.

    None where one is missing: there was no memory for it, or stages for dense output follow one that the next step
    begins with, whose pullback is that step's. `upcoming` is the pullback of the slope that is put next.
    """

    def __init__(self, tableau: ButcherTableau, like: Tensor, bytes_each: int, budget: int) -> None:
        super().__init__(len(tableau.all_c), like)
        self.steps: list[StepPullbacks | None] = []
        self.upcoming: Pullback | None = None
        self._tableau = tableau
        self._pullbacks: list[Pullback | None] = [None] * len(tableau.all_c)
        self._bytes_each, self._left = bytes_each, budget

    @property
    def affords_a_step(self) -> bool:
        """Whether there is memory for the pullbacks of one more."""
        return len(self._pullbacks) * self._bytes_each <= self._left

    def put(self, place: int, slope: Tensor) -> None:
        super().put(place, slope)
        self._pullbacks[place], self.upcoming = self.upcoming, None

    def advance(self, handed_on: int | None) -> None:
        super().advance(handed_on)
        own, self._pullbacks = self._pullbacks, [None] * len(self._pullbacks)
        if handed_on is not None:
            self._pullbacks[0], own[handed_on] = own[handed_on], None
        looked_inside = any(pullback is not None for pullback in own[self._tableau.stages :])
        asked = own if looked_inside else own[: self._tableau.advancing]
        kept = [pullback for pullback in asked if pullback is not None]
        whole = len(kept) == len(asked)
        self.steps.append(StepPullbacks(kept) if whole else None)
        self._left -= len(kept) * self._bytes_each if whole else 0


class LinearisingField(FlatField):
    """As FlatField, but linearised wherever its `stages` are evaluated, while these afford another step's pullbacks.

    Nothing that is kept refers to it, so that all is let go at once.
    """

    def __init__(self, field: DifferentiableField, shape: torch.Size, tableau: ButcherTableau, budget: int) -> None:
        super().__init__(field, shape)
        self._tableau, self._budget = tableau, budget
        self._first: Linearisation | None = None
        self._bytes_each = 0
        self._stages: PullbackStages | None = None

    def evaluate_checked(self, t: float, y: Tensor) -> Tensor:
        """As of FlatField."""
        self._first = self.linearise_checked(t, y.clone())  # the caller may change y
        self._bytes_each = bytes_held(self._first.pullback, self.inner, self.parameters())
        return self._first.dy

    def evaluate(self, t: float, y: Tensor) -> Tensor:
        stages = self._stages
        if stages is None or not stages.affords_a_step:
            return super().evaluate(t, y)
        slope, stages.upcoming = self.linearise(t, y)
        return slope

    def make_stages(self, size: int, like: Tensor) -> PullbackStages:
        """The stages, which begin where the first slope was evaluated."""
        self._stages = stages = PullbackStages(self._tableau, like, self._bytes_each, self._budget)
        if self._first is not None and stages.affords_a_step:
            stages.upcoming = self._first.pullback
        self._first = None
        return stages

    def kept_steps(self, count: int, stats: Stats) -> list[StepPullbacks | None]:
        """The pullbacks of the first `count` steps that were accepted. They are entered into the statistics."""
        steps = [] if self._stages is None else self._stages.steps[:count]
        kept = sum(len(step.pullbacks) for step in steps if step is not None)
        stats.kept += kept
        stats.kept_bytes += kept * self._bytes_each
        return steps
