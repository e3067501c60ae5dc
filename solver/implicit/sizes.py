"""How exactly stages are solved for: well within the tolerance where there is one, else to rounding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from solver.tolerance import Measure

SHARE = 0.01
"""The part of a step's tolerance that may be left in its stages."""
ROUNDINGS = 10.0


@dataclass(frozen=True)
class WithinTolerance:
    """Size 1 is a share of the tolerance, but no less than some roundings of the state."""

    measure: Measure

    def norms(self, vectors: Sequence[Tensor], y: Tensor) -> list[float]:
        *sizes, rounding = self.measure.norms((*vectors, torch.finfo(y.dtype).eps * y), y)
        return [size / max(SHARE, ROUNDINGS * rounding) for size in sizes]


@dataclass(frozen=True)
class ToRounding:
    """Size 1 is some roundings of the state's largest entry: nothing but dt says how exact a fixed step should be."""

    def norms(self, vectors: Sequence[Tensor], y: Tensor) -> list[float]:
        largest = torch.stack([*(vector.abs().max() for vector in vectors), y.abs().max()]).tolist()
        allowed = ROUNDINGS * torch.finfo(y.dtype).eps * largest.pop()
        return [size / allowed if size else 0.0 for size in largest] if allowed else largest
