"""Levels: which values the first and the last colour of a map stand for, while what it shows is being learnt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

EASE = 0.25  # how far the levels move towards a new picture's: training must not make the map flicker
SETTLED = 0.02  # of the range, that they may be off


class Levels:
    """They follow what is shown slowly; the first picture sets them."""

    def __init__(self) -> None:
        self.ends: tuple[float, float] | None = None
        self._wanted = (0.0, 1.0)

    def forget(self) -> None:
        """The next picture has nothing to do with those before."""
        self.ends = None

    def follow(self, low: float, high: float) -> None:
        """The newest picture lies between `low` and `high`."""
        self._wanted = low, max(high, low + 1e-6)
        self.approach()

    def approach(self) -> None:
        """Move on towards the newest picture's."""
        low, high = self._wanted
        old_low, old_high = self.ends or self._wanted
        self.ends = old_low + EASE * (low - old_low), old_high + EASE * (high - old_high)

    @property
    def settled(self) -> bool:
        """Whether they are near enough to the newest picture's for the eye."""
        low, high = self._wanted
        old_low, old_high = self.ends or self._wanted
        return abs(old_low - low) + abs(old_high - high) <= SETTLED * (high - low)

    def index(self, values: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Which of 256 colours each value has."""
        low, high = self.ends or (0.0, 1.0)
        share = (values - np.float32(low)) * np.float32(255.0 / (high - low))
        return np.clip(share, 0, 255).astype(np.uint8)
