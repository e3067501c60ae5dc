"""When a question that is answered piece by piece in the background is asked, and asked again."""

from __future__ import annotations

from time import monotonic

GAP = 2.0
"""Seconds from one asking to the next at least, while the weights keep changing."""
SHARE = 0.2
"""The share of its time that the inspector may spend on it while the weights keep changing."""

WeightsStamp = tuple[int, int] | None
"""Run and step of weights; None before there are any."""


class BackgroundQuestion:
    """Due when what it is about has changed; due again, after a rest, when only the weights have moved on."""

    def __init__(self, *, follows_weights: bool = True) -> None:
        self.under_way: int | None = None
        """The number under which it was asked, while its answer is not complete."""
        self._due = True
        self._follows = follows_weights
        self._asked_at = 0.0
        self._pause = GAP
        self._stamp: WeightsStamp = None

    def due(self, now: float, stamp: WeightsStamp) -> bool:
        """Whether to ask, at `now` and with the weights of `stamp`."""
        rested = self.under_way is None and now - self._asked_at >= self._pause
        return self._due or (self._follows and rested and stamp != self._stamp)

    def asked(self, number: int, now: float, stamp: WeightsStamp) -> None:
        """It was asked under `number`."""
        self.under_way, self._due, self._asked_at, self._stamp = number, False, now, stamp

    def answered(self, number: int, *, done: bool) -> bool:
        """Whether an answer to `number` is one to it; when `done` it is complete."""
        if number != self.under_way:
            return False
        if done:
            self.under_way = None
            self._pause = max(GAP, (monotonic() - self._asked_at) / SHARE)
        return True

    def age(self) -> None:
        """What it is about has changed."""
        self._due = True

    def begin_anew(self) -> None:
        """Whoever was asked has forgotten it, or was told to."""
        self.under_way, self._due = None, True

    def abandon(self) -> None:
        """It failed: it waits until something changes."""
        self.under_way = None

    def leave(self) -> None:
        """Nobody looks any more; an answer under way is not complete, and is asked for again."""
        self._due = self._due or self.under_way is not None
        self.under_way = None
