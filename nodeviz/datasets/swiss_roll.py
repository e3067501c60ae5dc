"""A swiss roll seen from its end: one arm that winds outwards."""

from __future__ import annotations

from functools import lru_cache
from math import pi
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from nodeviz.datasets.curves import Curve, curve, log_density_along
from nodeviz.datasets.declared import PointDataset, Points
from nodeviz.datasets.quadrature import entropy_of
from nodeviz.settings import described

Array = NDArray[np.float64]

WIDTH = 1 / 5
"""How far the arm moves out in one radian."""
FIRST, LAST = 1.5 * pi, 4.5 * pi
FINEST = 0.1
"""The least noise with an entropy: below, the integral takes too long."""


class SwissRoll(PointDataset, frozen=True, tag="swiss-roll"):
    """a (cos a, sin a) / 5 with a even in [3π/2, 9π/2], every point moved by noise (e₁, e₂), e normal.

    The form of FFJORD's code (Grathwohl et al., 2019), which is scikit-learn's `make_swiss_roll` with noise 1, without
    its middle coordinate and divided by 5: noise is 0.2, and the entropy then 2.6696.
    """

    noise: Annotated[
        float, described("noise", "Standard deviation of Gaussian noise on each point.", low=0.0, high=0.5)
    ] = 0.2

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """What the phase plane shows at first: x_min, x_max, y_min, y_max."""
        reach = 3.2 + 3 * self.noise
        return (-reach, reach, -reach, reach)

    def draw(self, count: int, generator: np.random.Generator) -> Points:
        """So many independent points."""
        arm = _place(FIRST + (LAST - FIRST) * generator.random(count))
        return Points(arm + self.noise * generator.standard_normal((count, 2)), np.zeros(count, np.int64))

    def log_density(self, ys: Array) -> Array | None:
        """At `ys` (n, 2); None without noise, when all points lie on a line."""
        return log_density_along(ys, _arm(self.noise), self.noise) if self.noise else None

    @property
    def entropy(self) -> float | None:
        """In nats; None without noise, or next to none."""
        return _entropy(self.noise) if self.noise >= FINEST else None


def _place(angles: Array) -> Array:
    return WIDTH * angles[:, np.newaxis] * np.stack([np.cos(angles), np.sin(angles)], -1)


@lru_cache
def _arm(noise: float) -> Curve:
    fastest = WIDTH * float(np.hypot(LAST, 1))
    return curve(_place, lambda at: np.full(len(at), 1 / (LAST - FIRST)), FIRST, LAST, fastest * (LAST - FIRST), noise)


@lru_cache
def _entropy(noise: float) -> float:
    reach = WIDTH * LAST + 8 * noise
    arm = _arm(noise)
    return entropy_of(lambda ys: log_density_along(ys, arm, noise), (-reach, reach, -reach, reach), 0.75 * noise)
