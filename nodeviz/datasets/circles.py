"""Two concentric circles with Gaussian noise."""

from __future__ import annotations

from functools import lru_cache, partial
from math import log
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from nodeviz.datasets.arcs import log_density_on_circle
from nodeviz.datasets.declared import PointDataset, Points
from nodeviz.datasets.quadrature import entropy_of
from nodeviz.settings import described

RADII = np.array([1.0, 0.5])
FINEST = 0.01
"""The least noise with an entropy: below, the integral takes too many points."""


class Circles(PointDataset, frozen=True, tag="circles"):
    """Circles of radius 1 and 1/2 around zero, equally likely, every point moved by noise (e₁, e₂), e normal.

    The form of scikit-learn's `make_circles` with factor 1/2, as in torchdiffeq's example of a flow, where noise is
    0.06: the entropy is then 0.7876.
    """

    noise: Annotated[
        float, described("noise", "Standard deviation of Gaussian noise on each point.", low=0.0, high=0.3)
    ] = 0.06

    @property
    def classes(self) -> int:
        """The outer circle and the inner one."""
        return 2

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """What the phase plane shows at first: x_min, x_max, y_min, y_max."""
        return (-1.6, 1.6, -1.6, 1.6)

    def draw(self, count: int, generator: np.random.Generator) -> Points:
        """So many independent points; other noise moves the same ones further."""
        labels = generator.integers(2, size=count)
        angles = 2 * np.pi * generator.random(count)
        circles = RADII[labels, np.newaxis] * np.stack([np.cos(angles), np.sin(angles)], -1)
        return Points(circles + self.noise * generator.standard_normal((count, 2)), labels)

    def log_density(self, ys: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """At `ys` (n, 2); None without noise, when all points lie on two lines."""
        return _log_density(ys, self.noise) if self.noise else None

    @property
    def entropy(self) -> float | None:
        """In nats; None without noise, or next to none."""
        return _entropy(self.noise) if self.noise >= FINEST else None


def _log_density(ys: NDArray[np.float64], noise: float) -> NDArray[np.float64]:
    outer, inner = (log_density_on_circle(ys, radius, noise) for radius in RADII)
    return np.logaddexp(outer, inner) - log(2)


@lru_cache
def _entropy(noise: float) -> float:
    reach = RADII[0] + 8 * noise
    return entropy_of(partial(_log_density, noise=noise), (-reach, reach, -reach, reach), 0.6 * noise)
