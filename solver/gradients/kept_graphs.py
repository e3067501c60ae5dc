"""Kept graphs: the forward pass's own evaluations, pulled back later without being made again, while memory lasts."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from solver.field import AutogradField, FlatField, Pullback, check_slope
from solver.gradients.captured import detached_from_known
from solver.gradients.graph import bytes_behind
from solver.stages import StageBuffer


class RecordingField(FlatField):
    """As FlatField, but its evaluations have graphs, as long as those of all steps take at most `budget` bytes.

    What one takes is measured at the first. `steps` has, for each accepted step, the pullbacks at its stages.
    """

    def __init__(self, field: AutogradField, shape: torch.Size, budget: int) -> None:
        super().__init__(field, shape)
        self.steps: list[Sequence[Pullback | None]] = []
        self.kept = 0  # how many pullbacks are in `steps`
        self._bytes_each = 0
        self._in_step = 1  # how many a step may add
        self._recorder = field
        self._known = tuple(field.parameters())
        self._budget = budget
        self._last: Pullback | None = None

    @property
    def kept_bytes(self) -> int:
        return self.kept * self._bytes_each

    def evaluate_checked(self, t: float, y: Tensor) -> Tensor:
        """As of FlatField. Raises `ValueError`, too, when dy depends on a tensor that the solver was not told of."""
        self.evaluations += 1
        recorded = self._recorder.record(t, y.view(self.shape))
        check_slope(recorded.dy, recorded.y)
        self._last = self.flattened(self._recorder.pullback(recorded))
        self._bytes_each = bytes_behind(recorded.dy, self._known)
        return detached_from_known(recorded.dy, (*self._known, recorded.y)).reshape(-1)

    def evaluate(self, t: float, y: Tensor) -> Tensor:
        if not self._affords_a_step():
            self._last = None
            return super().evaluate(t, y)
        dy, self._last = self.linearise(t, y)
        return dy

    def make_stages(self, size: int, like: Tensor) -> GraphStages:
        """Stages that keep their pullbacks, and bring them here when the step is accepted."""
        self._in_step = size
        return GraphStages(size, like, self)

    def take(self) -> Pullback | None:
        """The pullback of the evaluation made last, once; None where it has no graph."""
        last, self._last = self._last, None
        return last if self._affords_a_step() else None

    def keep(self, pullbacks: Sequence[Pullback | None]) -> None:
        """Keep those of an accepted step."""
        self.steps.append(pullbacks)
        self.kept += sum(pullback is not None for pullback in pullbacks)

    def _affords_a_step(self) -> bool:
        return (self.kept + self._in_step) * self._bytes_each <= self._budget


class GraphStages(StageBuffer):
    """Stages with the pullbacks of the evaluations that they came from."""

    def __init__(self, size: int, like: Tensor, field: RecordingField) -> None:
        super().__init__(size, like)
        self._field = field
        self._pullbacks: list[Pullback | None] = [None] * size

    def put(self, place: int, slope: Tensor) -> None:
        super().put(place, slope)
        self._pullbacks[place] = self._field.take()

    def advance(self, handed_on: int | None) -> None:
        super().advance(handed_on)
        own, self._pullbacks = self._pullbacks, [None] * len(self._pullbacks)
        if handed_on is not None and not any(own[handed_on + 1 :]):
            # pulled back once, as the next step's first stage; where stages for dense output follow, as this step's
            self._pullbacks[0], own[handed_on] = own[handed_on], None
        self._field.keep(own)
