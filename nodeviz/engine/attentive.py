"""A field that lets its worker look up between evaluations, so that a long solve delays no urgent question."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from nodeviz.fields.modules.flat import FlatModule
from solver.field import Pullback

LOOK_UP_EVERY = 64
"""Evaluations between two looks: a millisecond or two."""


class Attentive(torch.nn.Module):
    """The velocity of `module`, calling `attend` now and then. What `attend` raises abandons the solve."""

    def __init__(self, module: FlatModule, attend: Callable[[], None]) -> None:
        super().__init__()
        self.module = module
        self._attend = attend
        self._evaluate = module.evaluate
        self._evaluations = 0

    def forward(self, t: Tensor | float, y: Tensor) -> Tensor:
        """dy, differentiable."""
        return self.module.forward(t, y)

    def evaluate(self, t: float, y: Tensor) -> Tensor:
        """dy, without a graph."""
        self._evaluations += 1
        if self._evaluations % LOOK_UP_EVERY == 0:
            self._attend()
        return self._evaluate(t, y)

    def linearise(self, t: float, y: Tensor) -> tuple[Tensor, Pullback]:
        """dy and its pullback."""
        return self.module.linearise(t, y)
