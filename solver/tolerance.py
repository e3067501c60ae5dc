"""How large an error is, in units of what is allowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, sqrt

import torch
from torch import Tensor


@dataclass(frozen=True)
class Tolerance:
    """An error is as large as allowed when its RMS over all entries of error / (atol + rtol |y|) is 1.

    Only the first `entries` of a state count, where given: backsolve's parameter quadrature does not steer its steps.
    """

    rtol: float
    atol: float
    entries: int | None = None

    def __post_init__(self) -> None:
        if not (isfinite(self.rtol) and isfinite(self.atol) and self.rtol >= 0.0 and self.atol >= 0.0):
            raise ValueError(f"rtol and atol must be finite and not negative; got rtol={self.rtol}, atol={self.atol}.")
        if self.rtol == 0.0 and self.atol == 0.0:
            raise ValueError("rtol and atol are both zero, which no step can meet; make at least one of them positive.")

    def ratio(self, errors: Sequence[Tensor], dt: float, y0: Tensor, y1: Tensor) -> float:
        """Error over tolerance of a step with these error estimates (divided by dt); not finite when they are not."""
        scale = self._scale(y0, y1)
        sums = [self._sum_of_squares(error, scale) for error in errors]
        if len(sums) == 1:
            return abs(dt) * sqrt(sums[0].item() / scale.numel())
        fifth, third = torch.stack(sums).tolist()
        return abs(dt) * combined_853(fifth, third) / sqrt(scale.numel())

    def norms(self, vectors: Sequence[Tensor], y: Tensor) -> list[float]:
        """The size of each vector in units of what is allowed at y."""
        scale = self._scale(y, y)
        sums = torch.stack([self._sum_of_squares(vector, scale) for vector in vectors]).tolist()
        return [sqrt(total / scale.numel()) for total in sums]

    def _scale(self, y0: Tensor, y1: Tensor) -> Tensor:
        if self.entries is not None:
            y0, y1 = y0[: self.entries], y1[: self.entries]
        return torch.maximum(y0.abs(), y1.abs()).mul_(self.rtol).add_(self.atol)

    def _sum_of_squares(self, vector: Tensor, scale: Tensor) -> Tensor:
        relative = (vector if self.entries is None else vector[: self.entries]) / scale
        return torch.dot(relative, relative)


def combined_853(fifth: float, third: float) -> float:
    """Hairer's estimate for Dormand-Prince 8(5,3) from the sums of squares of its two: e5² / sqrt(e5² + 0.01 e3²)."""
    denominator = fifth + 0.01 * third
    return fifth / sqrt(denominator) if denominator != 0.0 else 0.0
