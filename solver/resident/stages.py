"""The stages of an attempt, on tensors that stay where they are."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from solver.coefficients import constant
from solver.resident.field import Evaluate
from solver.tableau import ButcherTableau


class StageTensors(NamedTuple):
    """The flat state that a step begins at, and its slopes (stages, entries)."""

    y: Tensor
    slopes: Tensor


class MakesStages(Protocol):
    """Makes the stages of attempts, one after the other."""

    def make(self, stage: int, t: Tensor, dt: Tensor) -> Tensor:
        """Write the slope of a stage at time t of a step dt, both (1,) or of no dimensions in the dtype of the state.

        Given is the state that it was evaluated at, until the next stage is made.
        """
        ...


class EvaluatedStages:
    """Makes them by evaluations of the field."""

    def __init__(self, tableau: ButcherTableau, evaluate: Evaluate, tensors: StageTensors) -> None:
        self._evaluate, (self._y, slopes) = evaluate, tensors
        self._sums = [constant(row, self._y) for row in tableau.a]
        self._slots, self._leading = slopes.unbind(), [slopes[:count].t() for count in range(len(slopes))]

    def make(self, stage: int, t: Tensor, dt: Tensor) -> Tensor:
        """See `MakesStages`."""
        at = self._y
        if stage:
            at = torch.addcmul(at, dt, torch.mv(self._leading[stage], self._sums[stage]))
        self._slots[stage].copy_(self._evaluate(t, at))
        return at
