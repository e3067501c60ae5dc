"""A checkerboard: a density with sharp edges, which a smooth flow can only come close to."""

from __future__ import annotations

from functools import lru_cache
from math import ceil, erf, log, sqrt
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from nodeviz.datasets.declared import PointDataset, Points
from nodeviz.settings import described

Array = NDArray[np.float64]

SQUARE = 2.0
FIRST = (-2, 0), (-1, 1)
"""Squares of size 2 begin at twice these: the even columns have the even rows filled, the odd columns the odd ones."""
AREA = 32.0
"""Of the eight that are filled."""
FINEST = 0.01
"""The least noise, but none, with an entropy: below, the integral takes too many points."""


class Checkerboard(PointDataset, frozen=True, tag="checkerboard"):
    """Even on eight squares of side 2 in [-4, 4]², those whose column and row are both even or both odd.

    The form of FFJORD's code (Grathwohl et al., 2019): the entropy is log 32 = 3.4657. With noise, normal and of that
    deviation, the edges are blurred.
    """

    noise: Annotated[
        float, described("noise", "Standard deviation of Gaussian noise on each point.", low=0.0, high=1.0)
    ] = 0.0

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """What the phase plane shows at first: x_min, x_max, y_min, y_max."""
        reach = 4.5 + 3 * self.noise
        return (-reach, reach, -reach, reach)

    def draw(self, count: int, generator: np.random.Generator) -> Points:
        """So many independent points."""
        x = 8 * generator.random(count) - 4
        odd = np.floor(x / SQUARE) % 2
        row = 2 * generator.integers(-1, 1, size=count) + odd
        ys = np.stack([x, SQUARE * (row + generator.random(count))], -1)
        return Points(ys + self.noise * generator.standard_normal((count, 2)), np.zeros(count, np.int64))

    def log_density(self, ys: Array) -> Array:
        """At `ys` (n, 2): minus infinity on empty squares where there is no noise."""
        (even_x, odd_x), (even_y, odd_y) = (_filled(ys[:, axis], self.noise) for axis in (0, 1))
        with np.errstate(divide="ignore"):
            return np.log((even_x * even_y + odd_x * odd_y) / AREA)

    @property
    def entropy(self) -> float | None:
        """In nats; None with next to no noise."""
        if not self.noise:
            return log(AREA)
        return _entropy(self.noise) if self.noise >= FINEST else None


def _filled(xs: Array, noise: float) -> tuple[Array, Array]:
    """How much of the even and of the odd intervals the noise around each of xs covers."""
    even, odd = (sum(_above(xs - SQUARE * k, noise) - _above(xs - SQUARE * (k + 1), noise) for k in ks) for ks in FIRST)
    return np.maximum(even, 0.0), np.maximum(odd, 0.0)


def _above(xs: Array, noise: float) -> Array:
    """The share of normal noise around each of xs that is above zero."""
    if not noise:
        return (xs >= 0).astype(np.float64)
    scaled = xs / (noise * sqrt(2))
    return 0.5 + 0.5 * np.array([erf(x) for x in scaled.tolist()])


@lru_cache
def _entropy(noise: float) -> float:
    """By the midpoint rule, which converges as fast as for a Gaussian (see `quadrature.entropy_of`)."""
    reach = 4 + 8 * noise
    count = ceil(4 * reach / noise)
    across = 2 * reach / count
    even, odd = _filled(across * (np.arange(count, dtype=np.float64) + 0.5) - reach, noise)
    density = (np.outer(even, even) + np.outer(odd, odd)) / AREA
    there = density[density > 0]
    return -float(there @ np.log(there)) * across**2
