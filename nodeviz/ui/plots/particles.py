"""Where the particles are: thousands of points carried by a velocity grid, each for a short life."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nodeviz.ui.plots.velocity_grid import Extent, VelocityGrid

LIFE = (0.8, 3.2)  # seconds, drawn uniformly: sinks would collect every particle otherwise


class Particles:
    """`count` points x + iy. They move by the midpoint rule and are born again where their life or the picture ends."""

    def __init__(self, count: int, seed: int = 0) -> None:
        self._random = np.random.default_rng(seed)
        self.points: NDArray[np.complex64] = np.zeros(count, np.complex64)
        self.before: NDArray[np.complex64] = np.zeros(count, np.complex64)
        self._left = np.zeros(count, np.float32)

    @property
    def count(self) -> int:
        return self.points.size

    def scatter(self, bounds: Extent) -> None:
        """Put every particle anywhere in `bounds`, with lives that end at different times."""
        everyone = np.arange(self.count)
        self._bear(everyone, bounds)
        self._left *= self._random.random(self.count, np.float32)

    def resize(self, count: int, bounds: Extent) -> None:
        """Make them `count`; the new ones begin in `bounds`."""
        old = min(count, self.count)
        for name in ("points", "before", "_left"):
            values = getattr(self, name)
            setattr(self, name, np.concatenate([values[:old], np.zeros(count - old, values.dtype)]))
        self._bear(np.arange(old, count), bounds)

    def advance(self, grid: VelocityGrid, duration: float, seconds: float, bounds: Extent) -> None:
        """Carry every particle through `duration` of the field's time, `seconds` of its life.

        Those that die or leave `bounds` are born again inside; `before` keeps where each came from.
        """
        self.before[:] = self.points
        half = self.points + np.float32(duration / 2) * grid.at(self.points)
        self.points += np.float32(duration) * grid.at(half)
        self._left -= np.float32(seconds)
        x, y = self.points.real, self.points.imag
        gone = (self._left <= 0) | (x < bounds.x_min) | (x > bounds.x_max) | (y < bounds.y_min) | (y > bounds.y_max)
        self._bear(np.flatnonzero(gone), bounds)

    def _bear(self, which: NDArray[np.intp], bounds: Extent) -> None:
        x = self._random.uniform(bounds.x_min, bounds.x_max, which.size)
        y = self._random.uniform(bounds.y_min, bounds.y_max, which.size)
        self.points[which] = x + 1j * y
        self.before[which] = self.points[which]
        self._left[which] = self._random.uniform(*LIFE, which.size)
