"""The equations that the stages of one block fulfil: k_i = f(t_i, base_i + dt Σ a_ij k_j)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from solver.field import FlatField


class StageEquations(NamedTuple):
    """Equations for slopes (stages, entries). `bases` holds what y and earlier blocks contribute to each state."""

    times: tuple[float, ...]
    bases: Tensor
    a: Tensor
    dt: float

    def constant(self) -> StageEquations:
        """The same equations without their graph."""
        return self._replace(bases=self.bases.detach())

    def states(self, slopes: Tensor) -> Tensor:
        """Where the field is evaluated, one stage a row."""
        return torch.addmm(self.bases, self.a, slopes, alpha=self.dt)

    def values(self, field: FlatField, slopes: Tensor) -> Tensor:
        """The right-hand sides: what the slopes should be equal to."""
        return torch.stack([field.evaluate(t, y) for t, y in zip(self.times, self.states(slopes), strict=True)])

    def moved(self, change: Tensor) -> Tensor:
        """How far a change of the slopes moves the states."""
        return self.dt * (self.a @ change)
