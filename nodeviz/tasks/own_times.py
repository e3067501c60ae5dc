"""A field as independent steps call it: every row of the state at a time of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import torch
from torch import Tensor

from solver.field import DifferentiableField, Field, differentiates_itself
from solver.per_sample.field import FieldOfSamples


class AtOwnTimes:
    """(t, y) -> dy with t (n, 1) and y (n, dim), by way of a field that takes t of shape (n,).

    Where no graph is recorded, the field evaluates itself, if it can.
    """

    def __init__(self, field: Field | DifferentiableField) -> None:
        self._field = field
        self._differentiable: Field | None = field if callable(field) else None
        self._fast = cast(Field, field.evaluate) if differentiates_itself(field) else None  # it takes tensors, too

    def __call__(self, t: Tensor, y: Tensor) -> Tensor:
        """Differentiable by autograd where the field is."""
        slow, fast = self._differentiable, self._fast
        if slow is None or (fast is not None and not torch.is_grad_enabled()):
            slow = fast
        if slow is None:
            raise ValueError(f"A field must be callable or evaluate itself; got {type(self._field).__name__}.")
        return slow(t.squeeze(-1), y)

    def of_samples(self, samples: Tensor) -> AtOwnTimes:
        """The field of these rows of the batch."""
        field = self._field
        return AtOwnTimes(field.of_samples(samples)) if isinstance(field, FieldOfSamples) else self

    def parameters(self) -> Iterable[Tensor]:
        """Those of the field inside."""
        field = self._field
        return field.parameters() if differentiates_itself(field) or isinstance(field, torch.nn.Module) else ()
