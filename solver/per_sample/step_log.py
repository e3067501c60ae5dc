"""All attempted steps of a solve with independent steps, put in one table when someone asks for it."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from solver.solution import SampleSteps


class Run(NamedTuple):
    """Attempts (attempts, rows) of some samples (rows,) in their directions, of which those count that are `valid`."""

    sample: Tensor
    direction: Tensor
    s: Tensor
    h: Tensor
    ratio: Tensor
    accept: Tensor
    valid: Tensor

    def steps(self) -> SampleSteps:
        attempt, row = self.valid.nonzero().unbind(1)
        direction = self.direction[row]
        t, dt = self.s[attempt, row] * direction, self.h[attempt, row] * direction
        return SampleSteps(self.sample[row], t, dt, self.ratio[attempt, row], self.accept[attempt, row])


class StepLog:
    """The runs so far, and their table."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._runs: list[Run] = []

    def add(self, run: Run) -> None:
        self._runs.append(run)

    def steps(self) -> SampleSteps:
        """Every attempt that counts, in their order."""
        nobody = torch.zeros(0, dtype=torch.long, device=self._device)
        never = torch.zeros(0, dtype=torch.float64, device=self._device)
        none = SampleSteps(nobody, never, never, never, never.bool())
        return SampleSteps(*map(torch.cat, zip(none, *(run.steps() for run in self._runs), strict=True)))
