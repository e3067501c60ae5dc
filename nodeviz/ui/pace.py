"""Pace: how often something is redrawn that need not be redrawn every frame."""

from __future__ import annotations


class Pace:
    """Due every `interval` seconds; `delay` sets it off against others, so that they do not meet in one frame."""

    def __init__(self, interval: float, delay: float = 0.0) -> None:
        self._interval = interval
        self._left = delay

    def due(self, seconds: float) -> bool:
        """Let `seconds` pass; whether it is time."""
        self._left -= seconds
        if self._left > 0:
            return False
        self._left = max(self._left + self._interval, 0.0)
        return True
