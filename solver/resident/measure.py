"""How large an error is, told by a number that stays on the device: `solver.tolerance` without reading anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt

import torch
from torch import Tensor

from solver.coefficients import constant
from solver.norms import MAX, RMS, SAMPLE
from solver.tolerance import Measure, NormedTolerance, Tolerance

NORMS = (RMS, MAX, SAMPLE)


@dataclass(frozen=True)
class DeviceMeasure:
    """The largest norm of the `rows` that vectors are cut into: their RMS, or their `largest` entry.

    What is infinite counts as not a number where it is `strict`, as `NormedTolerance` has it.
    """

    rtol: float
    atol: float
    rows: int = 1
    largest: bool = False
    strict: bool = False

    def ratio(self, errors: Sequence[Tensor], y0: Tensor, y1: Tensor) -> Tensor:
        """Error over tolerance, divided by dt, (1,); NaN where it is not finite. Without an estimate 0, or NaN."""
        if not errors:
            return nan_unless_finite(y1)
        scale = self._scale(torch.maximum(y0.abs(), y1.abs()))
        sizes = [self._size(error, scale) for error in errors]
        if len(sizes) == 1:
            return sizes[0]
        fifth, third = sizes[0].square(), sizes[1].square()  # as in `tolerance.combined_853`
        denominator = fifth + 0.01 * third
        return torch.where(denominator == 0.0, 0.0, fifth / torch.sqrt(denominator))

    def size(self, vector: Tensor, y: Tensor) -> Tensor:
        """The size (1,) of a vector in units of what is allowed at y."""
        return self._size(vector, self._scale(y.abs()))

    def _scale(self, size: Tensor) -> Tensor:
        """What is allowed, times the root of a row's entries for the RMS, which then is a plain norm."""
        many = 1.0 if self.largest else sqrt(size.numel() / self.rows)
        return torch.add(constant((self.atol * many,), size), size, alpha=self.rtol * many)

    def _size(self, vector: Tensor, scale: Tensor) -> Tensor:
        order = inf if self.largest else 2
        rows = (vector / scale).view(self.rows, -1)
        sizes: Tensor = torch.linalg.vector_norm(rows, order, dim=1, dtype=torch.float64)
        size = sizes if self.rows == 1 else sizes.amax(0, keepdim=True)
        return size + nan_unless_finite(vector) if self.strict else size


def nan_unless_finite(vector: Tensor) -> Tensor:
    """NaN when an entry is not finite, else 0: (1,), float64."""
    return (vector * 0.0).sum(0, keepdim=True, dtype=torch.float64)


def device_measure(measure: Measure, y0: Tensor) -> DeviceMeasure | None:
    """What does as `measure` for flat states like y0, or None where it has to be asked itself."""
    if type(measure) is Tolerance:
        return DeviceMeasure(measure.rtol, measure.atol) if measure.entries is None else None
    if type(measure) is not NormedTolerance or isinstance(measure.rtol, Tensor) or isinstance(measure.atol, Tensor):
        return None
    typed = measure.typed(y0)
    plain = typed.numel() == y0.numel() and typed.data_ptr() == y0.data_ptr() and typed.is_contiguous()
    if not plain or not any(measure.norm is norm for norm in NORMS):
        return None
    rows = typed.shape[0] if measure.norm is SAMPLE and typed.dim() > 1 else 1
    return DeviceMeasure(measure.rtol, measure.atol, rows, measure.norm is MAX, strict=True)
