"""What every contestant is asked to do: a field, a start, times, a tolerance, and perhaps a loss and an optimiser."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import Module

from nodeviz.fields.modules.flat import FlatModule
from nodeviz.fields.modules.traced_field import TracedField

RATE = 1e-12
"""Of the optimisers. So small that float32 weights do not move, so that every step is the same work for everyone."""

Loss = Callable[[Any, Any, Sequence[Any], Sequence[Any]], Any]
"""(numbers, ys, head, data) -> a scalar; `numbers` is torch or jax.numpy, and the rest are arrays of that kind."""


class Accuracy(NamedTuple):
    """How a solve is to be made: a method, and its tolerances or its step size."""

    method: str = "dopri5"
    rtol: float = 1e-5
    atol: float = 1e-5
    dt: float | None = None


@dataclass(frozen=True)
class Case:
    """One line of work, in float32: ys = solve from y0 through ts; where there is a loss, also its gradient.

    `field` is a plain `nn.Module` (t, y) -> dy that treats every row of y by itself; `own` is the same function as one
    of nodeviz's fields, where there is one. `head` has further weights, which the loss reads and the step trains. What
    is `for_gpus` is more than anyone wants to wait for on a CPU.
    """

    name: str
    field: Module
    y0: Tensor
    ts: Tensor
    accuracy: Accuracy
    own: FlatModule | TracedField | None = None
    loss: Loss | None = None
    data: tuple[Tensor, ...] = ()
    head: Module | None = None
    optimiser: str | None = None
    for_gpus: bool = False

    def to(self, place: torch.device | torch.dtype) -> Case:
        """A copy on a device, or of a dtype. Whole numbers, such as labels, stay what they are."""

        def moved(tensor: Tensor) -> Tensor:
            return tensor.to(place) if tensor.is_floating_point() or isinstance(place, torch.device) else tensor

        return replace(
            self,
            field=copy.deepcopy(self.field).to(place),
            own=None if self.own is None else copy.deepcopy(self.own).to(place),
            head=None if self.head is None else copy.deepcopy(self.head).to(place),
            y0=self.y0.to(place),
            ts=self.ts if isinstance(place, torch.device) else self.ts.to(place),
            data=tuple(map(moved, self.data)),
        )

    @property
    def weights(self) -> list[Tensor]:
        """The field's and the head's, in the order of their parameters()."""
        return [*self.field.parameters(), *self.head_weights]

    @property
    def head_weights(self) -> list[Tensor]:
        return [] if self.head is None else list(self.head.parameters())


class Workload(NamedTuple):
    """A name, what it is in a sentence, and its cases, `trained` or, for a quick trial, with initial weights."""

    name: str
    sentence: str
    cases: Callable[[bool], tuple[Case, ...]]
