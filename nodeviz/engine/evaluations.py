"""When the figure of merit is due: often while the loss falls fastest, and later for a small share of the time."""

from __future__ import annotations

from math import inf

SHARE = 0.02
"""Of the time, that evaluations may take."""
EARLY, QUICK = 3, 0.25
"""After steps 1, 3, 9 … it is due besides, where one takes less than so many seconds."""
USUAL = 0.05
"""Seconds: what the first one is taken to have cost, which may have waited for a compiler."""


class Evaluations:
    """Of one run, by its own clock."""

    def __init__(self) -> None:
        self._step = 0
        self._took = USUAL
        self._next = -inf

    def due(self, step: int, now: float) -> bool:
        """Whether to evaluate after training step `step`."""
        early = step >= EARLY * self._step and self._took < QUICK
        return early or now >= self._next

    def note(self, step: int, began: float, now: float) -> None:
        """It was evaluated after `step`. One that took unusually long, for whatever reason, does not delay the next."""
        took, before = now - began, self._took
        self._step, self._took, self._next = step, took, now + min(took, before) / SHARE
