"""Gaussians around a circle, each a class of its own."""

from __future__ import annotations

from functools import lru_cache
from math import log, pi
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from nodeviz.datasets.declared import PointDataset, Points
from nodeviz.datasets.quadrature import entropy_of, log_sum_exp
from nodeviz.settings import described

RADIUS = 2.0


class Blobs(PointDataset, frozen=True, tag="blobs"):
    """Equally likely Gaussians, their centres spread evenly around a circle of radius 2."""

    blobs: Annotated[int, described("blobs", "How many there are, each a class of its own.", low=2, high=9)] = 3
    noise: Annotated[float, described("noise", "Standard deviation of each blob.", low=0.05, high=2.0)] = 0.5

    @property
    def classes(self) -> int:
        """One a blob."""
        return self.blobs

    @property
    def centres(self) -> NDArray[np.float64]:
        """Of the blobs, (blobs, 2), the first one on top."""
        angles = pi / 2 + 2 * pi / self.blobs * np.arange(self.blobs)
        return RADIUS * np.stack([np.cos(angles), np.sin(angles)], -1)

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """What the phase plane shows at first: x_min, x_max, y_min, y_max."""
        return (-4.0, 4.0, -4.0, 4.0)

    def draw(self, count: int, generator: np.random.Generator) -> Points:
        """So many independent points; other noise moves the same ones further."""
        labels = generator.integers(self.blobs, size=count)
        return Points(self.centres[labels] + self.noise * generator.standard_normal((count, 2)), labels)

    def log_density(self, ys: NDArray[np.float64]) -> NDArray[np.float64]:
        """At `ys` (n, 2)."""
        squares = ((ys[:, np.newaxis] - self.centres) ** 2).sum(-1)
        return log_sum_exp(-squares / (2 * self.noise**2)) - log(self.blobs * 2 * pi * self.noise**2)

    @property
    def entropy(self) -> float:
        """In nats."""
        return _entropy(self.blobs, self.noise)


@lru_cache
def _entropy(blobs: int, noise: float) -> float:
    reach = RADIUS + 8 * noise
    return entropy_of(Blobs(blobs=blobs, noise=noise).log_density, (-reach, reach, -reach, reach), 0.6 * noise)
