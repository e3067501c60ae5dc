"""How θ follows gradients: rule and rate, the clip, what is held in place, and the running mean that is shown."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite
from typing import Protocol

import torch
from torch import Tensor

from nodeviz.tasks.optimisers import Optimiser

LARGEST_GRADIENT = 1e18
"""Squares beyond this overflow float32, and an optimiser that keeps running squares would never recover from one."""
YOUNG = 10
"""The first steps are averaged over fewer: else initial weights would be shown for 1 / (1 - averaging) steps."""


class Rule(Protocol):
    """The training settings that say how large a step is."""

    @property
    def learning_rate(self) -> float: ...

    @property
    def decay(self) -> float: ...

    @property
    def averaging(self) -> float: ...

    @property
    def weight_decay(self) -> float: ...

    @property
    def clip(self) -> float: ...


class Descent:
    """Moves `trained`, which is flat, against gradients; `shown` follows as its running mean.

    Nothing moves the numbers at the places `held`, neither weight decay nor what an optimiser remembers.
    """

    def __init__(self, trained: Tensor, shown: Tensor, optimiser: Optimiser, held: Sequence[int] = ()) -> None:
        self._trained, self._shown, self._optimiser = trained, shown, optimiser
        self._held = torch.tensor(held, device=trained.device) if held else None

    def move(self, gradient: Tensor, step: int, rule: Rule) -> bool:
        """One step after `step` others, by `rule`; the gradient may be overwritten.

        False for a gradient that is not finite, or too large for its squares to be: then nothing has moved.
        """
        norm = float(torch.linalg.vector_norm(gradient)) if gradient.numel() else 0.0
        largest = rule.clip if rule.clip and isfinite(norm) else inf
        if not min(norm, largest) < LARGEST_GRADIENT:
            return False
        if norm > largest:
            gradient.mul_(largest / norm)
        held = self._trained[self._held] if self._held is not None else None
        self._optimiser.step(self._trained, gradient, rate_at(step, rule), rule.weight_decay)
        if held is not None:
            self._trained[self._held] = held
        self._follow(min(rule.averaging, step / (step + YOUNG)))
        return True

    def _follow(self, kept: float) -> None:
        if kept:
            self._shown.lerp_(self._trained, 1 - kept)
        else:
            self._shown.copy_(self._trained)


def rate_at(step: int, rule: Rule) -> float:
    """The learning rate after `step` steps: the rate as set, decayed as set."""
    return rule.learning_rate / (1 + step / rule.decay) if rule.decay else rule.learning_rate
