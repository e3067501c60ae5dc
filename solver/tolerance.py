"""How large an error is, in units of what is allowed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import isfinite, sqrt
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from solver.norms import Norm


@runtime_checkable
class Measure(Protocol):
    """What tells the size of flat errors in units of what is allowed."""

    def ratio(self, errors: Sequence[Tensor], dt: float, y0: Tensor, y1: Tensor) -> float:
        """Error over tolerance of a step with these error estimates (divided by dt); not finite when they are not."""
        ...

    def norms(self, vectors: Sequence[Tensor], y: Tensor) -> list[float]:
        """The size of each vector in units of what is allowed at y."""
        ...

    def of_adjoint(self, entries: int) -> Measure:
        """The measure of a state of so many entries and its adjoint, of as many; what follows them does not count."""
        ...


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
        scale = self._scale(y0, y1)
        sums = [self._sum_of_squares(error, scale) for error in errors]
        if len(sums) == 1:
            return abs(dt) * sqrt(sums[0].item() / scale.numel())
        fifth, third = torch.stack(sums).tolist()
        return abs(dt) * combined_853(fifth, third) / sqrt(scale.numel())

    def norms(self, vectors: Sequence[Tensor], y: Tensor) -> list[float]:
        scale = self._scale(y, y)
        sums = torch.stack([self._sum_of_squares(vector, scale) for vector in vectors]).tolist()
        return [sqrt(total / scale.numel()) for total in sums]

    def of_adjoint(self, entries: int) -> Tolerance:
        return replace(self, entries=2 * entries)

    def _scale(self, y0: Tensor, y1: Tensor) -> Tensor:
        if self.entries is not None:
            y0, y1 = y0[: self.entries], y1[: self.entries]
        return torch.maximum(y0.abs(), y1.abs()).mul_(self.rtol).add_(self.atol)

    def _sum_of_squares(self, vector: Tensor, scale: Tensor) -> Tensor:
        relative = (vector if self.entries is None else vector[: self.entries]) / scale
        return torch.dot(relative, relative)


def _typed(flat: Tensor) -> Tensor:
    return flat


def _exactly(part: float | Tensor) -> Tensor:
    """A tolerance as a tensor. Of a number, torch by itself would make one of float32, in which 1e-50 is zero."""
    return part if isinstance(part, Tensor) else torch.tensor(part, dtype=torch.float64)


@dataclass(frozen=True, eq=False)
class NormedTolerance:
    """An error is as large as allowed when `norm` of error / (atol + rtol |y|) is 1.

    rtol and atol may be tensors, an entry each for the entries of the flat state; `typed` shows the flat state as the
    vector that they are for, and that `norm` takes, where that is another.
    """

    rtol: float | Tensor
    atol: float | Tensor
    norm: Norm
    typed: Callable[[Tensor], Tensor] = _typed

    def __post_init__(self) -> None:
        parts = [_exactly(part) for part in (self.rtol, self.atol)]
        if not all(bool((part.isfinite() & (part >= 0)).all()) for part in parts):
            raise ValueError(f"rtol and atol must be finite and not negative; got rtol={self.rtol}, atol={self.atol}.")
        if bool((parts[0] + parts[1] == 0).any()):
            raise ValueError("rtol and atol are both zero, which no step can meet; make at least one of them positive.")

    def ratio(self, errors: Sequence[Tensor], dt: float, y0: Tensor, y1: Tensor) -> float:
        sizes = self._sizes(errors, y0, y1)
        if len(sizes) == 1:
            return abs(dt) * sizes[0]
        return abs(dt) * combined_853(sizes[0] ** 2, sizes[1] ** 2)

    def norms(self, vectors: Sequence[Tensor], y: Tensor) -> list[float]:
        return self._sizes(vectors, y, y)

    def of_adjoint(self, entries: int) -> NormedTolerance:
        def split(flat: Tensor) -> Tensor:
            return torch.stack([self.typed(part) for part in flat[: 2 * entries].split(entries)])

        def larger(errors: Tensor) -> float:
            return max(abs(float(self.norm(part))) for part in errors.unbind())

        return NormedTolerance(self.rtol, self.atol, larger, split)

    def _sizes(self, vectors: Sequence[Tensor], y0: Tensor, y1: Tensor) -> list[float]:
        scale = torch.maximum(self.typed(y0).abs(), self.typed(y1).abs()) * self.rtol + self.atol
        sizes = [_one_number(self.norm(self.typed(vector) / scale)) for vector in vectors]
        # not finite where an entry is not, whatever the norm makes of it: Python's max() loses a NaN
        return [abs(float(size + (vector * 0.0).sum())) for size, vector in zip(sizes, vectors, strict=True)]


def _one_number(size: object) -> float | Tensor:
    """What a norm returned, which may be anyone's function."""
    if isinstance(size, Tensor) and size.numel() == 1 or isinstance(size, float | int):
        return size
    came = f"a tensor of shape {tuple(size.shape)}" if isinstance(size, Tensor) else type(size).__name__
    raise ValueError(
        "norm must return one number, the size of all errors that it is given; "
        f"it returned {came}. Reduce them, as errors.abs().max() does."
    )


def combined_853(fifth: float, third: float) -> float:
    """Hairer's estimate for Dormand-Prince 8(5,3) from the sums of squares of its two: e5² / sqrt(e5² + 0.01 e3²)."""
    denominator = fifth + 0.01 * third
    return fifth / sqrt(denominator) if denominator != 0.0 else 0.0
