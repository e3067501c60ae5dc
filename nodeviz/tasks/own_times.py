"""A field as independent steps call it: every row of the state at a time of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import torch
from torch import Tensor

from solver.field import DifferentiableField, Field, differentiates_itself
from solver.per_sample.field import FieldOfSamples


class AtOwnTimes:
    """(t, y) -> dy with t (n, 1) and y (n, dim), by way of a field that takes t of shape (n,).

    Where no graph is recorded, the field evaluates itself, if it can. One that cannot be called is differentiated in
    y alone, by its own pullback: all that implicit methods ask of it.
    """

    def __init__(self, field: Field | DifferentiableField) -> None:
        self._field = field
        self._fast = cast(Field, field.evaluate) if differentiates_itself(field) else None  # it takes tensors, too

    def __call__(self, t: Tensor, y: Tensor) -> Tensor:
        """Differentiable by autograd where the field is."""
        field, times = self._field, t.squeeze(-1)
        if self._fast is not None and not torch.is_grad_enabled():
            return self._fast(times, y)
        if callable(field):
            return field(times, y)
        found: Tensor = _PulledBack.apply(field, times, y)
        return found

    def of_samples(self, samples: Tensor) -> AtOwnTimes:
        """The field of these rows of the batch."""
        field = self._field
        return AtOwnTimes(field.of_samples(samples)) if isinstance(field, FieldOfSamples) else self

    def parameters(self) -> Iterable[Tensor]:
        """Those of the field inside."""
        field = self._field
        return field.parameters() if differentiates_itself(field) or isinstance(field, torch.nn.Module) else ()


class _PulledBack(torch.autograd.Function):
    """dy of a field that knows its own derivative. A pullback is good for once, so each backward makes a new one."""

    @staticmethod
    def forward(ctx: Any, field: DifferentiableField, t: Tensor, y: Tensor) -> Tensor:
        ctx.field = field
        ctx.save_for_backward(t, y)
        return cast(Field, field.evaluate)(t, y)

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor) -> tuple[Tensor | None, ...]:
        t, y = ctx.saved_tensors
        _, pullback = ctx.field.linearise(t, y)
        return None, None, pullback(cotangents[0]).y
