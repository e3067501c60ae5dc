"""The cotangents that go into a discrete adjoint, and those of the parameters that come out of it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from solver.trajectory import Checkpoint


class ParameterSums:
    """The parameters' cotangents, added up over all pullbacks."""

    def __init__(self, parameters: Sequence[Tensor]) -> None:
        self.totals = [torch.zeros_like(parameter) for parameter in parameters]

    def add(self, cotangents: Sequence[Tensor | None]) -> None:
        for total, cotangent in zip(self.totals, cotangents, strict=True):
            if cotangent is not None:
                total.add_(cotangent)


class SavedCotangents:
    """Cotangents of the saved states, sorted by the steps that they were saved in."""

    def __init__(self, ys: Tensor) -> None:
        self._ys = ys

    def inside(self, step: Checkpoint) -> Tensor | None:
        """Those saved inside the step, one row each; None when there are none."""
        count = len(step.thetas) - step.thetas.count(1.0)
        return self._ys[step.first_row : step.first_row + count] if count else None

    def at_end(self, step: Checkpoint) -> Tensor | None:
        """The sum of those saved at the step's end; None when there are none."""
        count = step.thetas.count(1.0)
        stop = step.first_row + len(step.thetas)
        return self._ys[stop - count : stop].sum(0) if count else None
