"""Two half circles that reach into each other, with Gaussian noise."""

from __future__ import annotations

from functools import lru_cache, partial
from math import log
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from nodeviz.datasets.arcs import log_density_on_half_circle
from nodeviz.datasets.declared import PointDataset, Points
from nodeviz.datasets.quadrature import entropy_of
from nodeviz.settings import described

RADIUS = 2.0
CENTRES = np.array([[-1.0, -0.2], [1.0, 0.8]])
"""Of the upper and the lower arc. These are the moons of FFJORD (Grathwohl et al., 2019): those of scikit-learn's
`make_moons`, (cos a, sin a) and (1 - cos a, 1/2 - sin a) with a in [0, π], twice as large and moved by (-1, -0.2)."""

FINEST = 0.01
"""The least noise with an entropy: below, the integral takes too many points."""


class Moons(PointDataset, frozen=True, tag="moons"):
    """Two half circles of radius 2 that reach into each other: classes that no straight line separates.

    (2 cos a - 1, 2 sin a - 0.2) and (1 - 2 cos a, 0.8 - 2 sin a), equally likely, a even in [0, π], moved by twice the
    noise times (e₁, e₂), e normal.

    With the usual noise of 0.1 radii, which is 0.2 in the plane, the entropy is 2.3939.
    """

    noise: Annotated[
        float,
        described("noise", "Standard deviation of Gaussian noise on each point, in radii.", low=0.0, high=0.5),
    ] = 0.1

    @property
    def classes(self) -> int:
        """The upper arc and the lower one."""
        return 2

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """What the phase plane shows at first: x_min, x_max, y_min, y_max."""
        return (-4.2, 4.2, -3.2, 3.8)

    def log_density(self, ys: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """At `ys` (n, 2); None without noise, when all points lie on two lines."""
        return _log_density(ys, self.noise) if self.noise else None

    @property
    def entropy(self) -> float | None:
        """In nats; None without noise, or next to none."""
        return _entropy(self.noise) if self.noise >= FINEST else None

    def draw(self, count: int, generator: np.random.Generator) -> Points:
        """So many independent points; other noise moves the same ones further."""
        labels = generator.integers(2, size=count)
        angles = np.pi * generator.random(count)
        arcs = np.stack([np.cos(angles), np.sin(angles)], -1)
        turned = np.where(labels[:, np.newaxis] == 0, arcs, -arcs)
        noise = self.noise * generator.standard_normal((count, 2))
        return Points(CENTRES[labels] + RADIUS * (turned + noise), labels)


def _log_density(ys: NDArray[np.float64], noise: float) -> NDArray[np.float64]:
    from_centres = (ys - CENTRES[0], CENTRES[1] - ys)
    upper, lower = (log_density_on_half_circle(to, RADIUS, RADIUS * noise) for to in from_centres)
    return np.logaddexp(upper, lower) - log(2)


@lru_cache
def _entropy(noise: float) -> float:
    deviation = RADIUS * noise
    aside, above = 1 + RADIUS + 8 * deviation, 8 * deviation
    extent = (-aside, aside, CENTRES[1, 1] - RADIUS - above, CENTRES[0, 1] + RADIUS + above)
    return entropy_of(partial(_log_density, noise=noise), extent, 0.6 * deviation)
