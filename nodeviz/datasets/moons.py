"""Two half circles that reach into each other, with Gaussian noise."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from nodeviz.datasets.declared import PointDataset, Points
from nodeviz.settings import described

RADIUS = 2.0
CENTRES = np.array([[-1.0, -0.2], [1.0, 0.8]])
"""Of the upper and the lower arc. These are the moons of FFJORD (Grathwohl et al., 2019): those of scikit-learn's
`make_moons`, (cos a, sin a) and (1 - cos a, 1/2 - sin a) with a in [0, π], twice as large and moved by (-1, -0.2)."""


class Moons(PointDataset, frozen=True, tag="moons"):
    """Two half circles of radius 2 that reach into each other: classes that no straight line separates."""

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

    def draw(self, count: int, generator: np.random.Generator) -> Points:
        """So many independent points; other noise moves the same ones further."""
        labels = generator.integers(2, size=count)
        angles = np.pi * generator.random(count)
        arcs = np.stack([np.cos(angles), np.sin(angles)], -1)
        turned = np.where(labels[:, np.newaxis] == 0, arcs, -arcs)
        noise = self.noise * generator.standard_normal((count, 2))
        return Points(CENTRES[labels] + RADIUS * (turned + noise), labels)
