"""Kept graphs: the forward pass's own evaluations, pulled back later without being made again, while memory lasts."""

from __future__ import annotations

import torch
from torch import Tensor

from solver.field import AutogradField, FlatField
from solver.gradients.captured import detached_from_known
from solver.gradients.graph import bytes_behind
from solver.solution import Stats
from solver.stages import StageBuffer, combined
from solver.tableau import ButcherTableau
from solver.trajectory import StepGraph


class GraphStages(StageBuffer):
    """Stages, and the graph of every step that leads to them from a leaf, as long as `budget` bytes last.

    `steps` has the graphs of accepted steps, None where there was no memory for one, or where stages for dense output
    build on the slope that the next step begins with: that one's graph begins at the next step's leaf.
    """

    def __init__(self, tableau: ButcherTableau, like: Tensor, budget: int) -> None:
        super().__init__(len(tableau.all_c), like)
        self.steps: list[StepGraph | None] = []
        self.kept = 0  # how many slopes are in `steps`
        self.bytes_each = 0
        self._budget, self._handed_on = budget, tableau.handed_on
        self._slopes: list[Tensor | None] = [None] * len(tableau.all_c)
        self._leaf = self._next_leaf = like
        self._point: Tensor | None = None
        self._point_taped = like
        self._records = False

    def begin(self, leaf: Tensor, bytes_each: int) -> None:
        """Begin at a leaf, whose slope is put first. Graphs of evaluations take so many bytes each."""
        self._leaf, self.bytes_each = leaf, bytes_each
        self._records = self._affords_a_step()

    def on_tape(self, y: Tensor) -> Tensor | None:
        """The state y, at which the next stage is to be evaluated, with its graph; None where none is recorded."""
        if not self._records:
            return None
        if y is self._point:
            return self._point_taped
        if self._slopes[0] is not None:
            return None  # it is no stage's
        self._leaf = _leaf(y)
        return self._leaf

    def put(self, place: int, slope: Tensor) -> None:
        super().put(place, slope)
        self._slopes[place] = slope if self._records else None

    def step(self, y: Tensor, weights: Tensor, dt: float | Tensor) -> Tensor:
        if not self._records:
            return super().step(y, weights, dt)
        before = [slope for slope in self._slopes[: weights.numel()] if slope is not None]
        if len(before) == self._handed_on:
            point = super().step(y, weights, dt)
            self._point_taped = self._next_leaf = _leaf(point)
        else:
            with torch.enable_grad():
                self._point_taped = combined(self._leaf, before, weights, dt)
            point = self._point_taped.detach()
        self._point = point
        return point

    def advance(self, handed_on: int | None) -> None:
        super().advance(handed_on)
        own, self._slopes = self._slopes, [None] * len(self._slopes)
        leaf, whole, self._point = self._leaf, self._records, None
        if handed_on is not None:
            whole = whole and not any(slope is not None for slope in own[handed_on + 1 :])
            self._slopes[0], own[handed_on], self._leaf = own[handed_on], None, self._next_leaf
        self.steps.append(StepGraph(leaf, own) if whole else None)
        self.kept += sum(slope is not None for slope in own) if whole else 0
        self._records = self._affords_a_step()

    def _affords_a_step(self) -> bool:
        return (self.kept + len(self._slopes)) * self.bytes_each <= self._budget


class RecordingField(FlatField):
    """As FlatField, but evaluated on the tape of its `stages`, while these record."""

    def __init__(self, field: AutogradField, shape: torch.Size, tableau: ButcherTableau, budget: int) -> None:
        super().__init__(field, shape)
        self._tableau, self._budget = tableau, budget
        self._known = tuple(field.parameters())
        self._leaf: Tensor | None = None
        self._stages: GraphStages | None = None
        self.first_slope: Tensor | None = None
        """The one at the start, with its graph."""

    def evaluate_checked(self, t: float, y: Tensor) -> Tensor:
        """As of FlatField. Raises `ValueError`, too, when dy depends on a tensor that the solver was not told of."""
        self._leaf = leaf = _leaf(y.clone())  # the caller may change y
        with torch.enable_grad():
            self.first_slope = super().evaluate_checked(t, leaf)
        return detached_from_known(self.first_slope, (*self._known, leaf))

    def evaluate(self, t: float, y: Tensor) -> Tensor:
        on_tape = None if self._stages is None else self._stages.on_tape(y)
        if on_tape is None:
            return super().evaluate(t, y)
        with torch.enable_grad():
            return super().evaluate(t, on_tape)

    def make_stages(self, size: int, like: Tensor) -> GraphStages:
        """The stages, which begin where the first slope was evaluated."""
        self._stages = GraphStages(self._tableau, like, self._budget)
        if self._leaf is not None and self.first_slope is not None:
            self._stages.begin(self._leaf, bytes_behind(self.first_slope, self._known))
        return self._stages

    def kept_steps(self, count: int, stats: Stats) -> list[StepGraph | None]:
        """The graphs of the first `count` steps that were accepted. They are entered into the statistics."""
        if self._stages is None:
            return []
        steps = self._stages.steps[:count]
        kept = sum(slope is not None for step in steps if step is not None for slope in step.slopes)
        stats.kept += kept
        stats.kept_bytes += kept * self._stages.bytes_each
        return steps


def _leaf(y: Tensor) -> Tensor:
    return y.detach().requires_grad_()
