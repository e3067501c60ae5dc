"""A pinwheel: five arms that are bent the same way."""

from __future__ import annotations

from math import pi
from typing import Annotated

import numpy as np

from nodeviz.datasets.declared import PointDataset, Points
from nodeviz.settings import described

ARMS = 5
SCALE = 2.0
AWAY, ALONG = 1.0, 0.3
"""Mean and standard deviation along an arm, before scaling."""
BEND = 0.25


class Pinwheel(PointDataset, frozen=True, tag="pinwheel"):
    """2 R(2π k / 5 + e^u / 4) (u, v), k = 0 … 4 equally likely, u normal around 1 with deviation 0.3, v with noise.

    R(a) turns by the angle a. The form of FFJORD's code (Grathwohl et al., 2019), after Johnson et al. (2016), where
    noise is 0.1. Its density has no simple form.
    """

    noise: Annotated[
        float, described("noise", "Standard deviation across an arm, before it is scaled by 2.", low=0.0, high=0.5)
    ] = 0.1

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """What the phase plane shows at first: x_min, x_max, y_min, y_max."""
        reach = 4.2 + 3 * self.noise
        return (-reach, reach, -reach, reach)

    def draw(self, count: int, generator: np.random.Generator) -> Points:
        """So many independent points."""
        arms = generator.integers(ARMS, size=count)
        u = AWAY + ALONG * generator.standard_normal(count)
        v = self.noise * generator.standard_normal(count)
        angles = 2 * pi * arms / ARMS + BEND * np.exp(u)
        across, up = np.cos(angles), np.sin(angles)
        ys = SCALE * np.stack([across * u - up * v, up * u + across * v], -1)
        return Points(ys, np.zeros(count, np.int64))
