"""Four concentric rings: a flow of the plane has to keep their holes nearly empty."""

from __future__ import annotations

from functools import lru_cache
from math import ceil, log, pi
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from nodeviz.datasets.arcs import log_density_on_circle
from nodeviz.datasets.declared import PointDataset, Points
from nodeviz.datasets.quadrature import log_sum_exp
from nodeviz.settings import described

RADII = np.array([3.0, 2.25, 1.5, 0.75])
FINEST = 0.005
"""The least noise with an entropy: below, the integral takes too many points."""


class Rings(PointDataset, frozen=True, tag="rings"):
    """Circles of radius 3, 2.25, 1.5 and 0.75 around zero, equally likely, with noise (e₁, e₂), e normal.

    The form of FFJORD's code (Grathwohl et al., 2019), where noise is 0.08: the entropy is then 2.6232.
    """

    noise: Annotated[
        float, described("noise", "Standard deviation of Gaussian noise on each point.", low=0.0, high=0.5)
    ] = 0.08

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """What the phase plane shows at first: x_min, x_max, y_min, y_max."""
        reach = 3.5 + 3 * self.noise
        return (-reach, reach, -reach, reach)

    def draw(self, count: int, generator: np.random.Generator) -> Points:
        """So many independent points."""
        radii = RADII[generator.integers(len(RADII), size=count)]
        angles = 2 * pi * generator.random(count)
        rings = radii[:, np.newaxis] * np.stack([np.cos(angles), np.sin(angles)], -1)
        return Points(rings + self.noise * generator.standard_normal((count, 2)), np.zeros(count, np.int64))

    def log_density(self, ys: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """At `ys` (n, 2); None without noise, when all points lie on four lines."""
        if not self.noise:
            return None
        rings = np.stack([log_density_on_circle(ys, radius, self.noise) for radius in RADII.tolist()], -1)
        return log_sum_exp(rings) - log(len(RADII))

    @property
    def entropy(self) -> float | None:
        """In nats; None without noise, or next to none."""
        return _entropy(self.noise) if self.noise >= FINEST else None


@lru_cache
def _entropy(noise: float) -> float:
    """The density is the same in all directions, so that one integral over the radius is enough."""
    reach = float(RADII[0]) + 8 * noise
    count = ceil(4 * reach / noise)
    radii = reach * (np.arange(count) + 0.5) / count
    known = Rings(noise=noise).log_density(np.stack([radii, np.zeros(count)], -1))
    if known is None:
        raise ValueError(f"Rings have a density where noise is above zero; got {noise}.")
    return -float((2 * pi * radii * np.exp(known)) @ known) * reach / count
