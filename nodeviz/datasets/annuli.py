"""A disc inside a ring: what no flow of the plane can take apart."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from nodeviz.datasets.declared import PointDataset, Points
from nodeviz.settings import described

INNER, OUTER = (0.0, 0.5), (1.0, 1.5)
"""The radii that the classes lie between, as in the experiments of Dupont, Doucet & Teh (2019)."""
BOUNDS = np.array([INNER, OUTER])


class Annuli(PointDataset, frozen=True, tag="annuli"):
    """A disc of radius 1/2 in a ring from 1 to 3/2: a flow of the plane is continuous, and cannot take it out.

    Points are spread evenly over each, and moved by noise (e₁, e₂), e normal.
    """

    noise: Annotated[
        float, described("noise", "Standard deviation of Gaussian noise on each point.", low=0.0, high=0.3)
    ] = 0.03

    @property
    def classes(self) -> int:
        """The disc and the ring."""
        return 2

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """What the phase plane shows at first: x_min, x_max, y_min, y_max."""
        return (-2.0, 2.0, -2.0, 2.0)

    def draw(self, count: int, generator: np.random.Generator) -> Points:
        """So many independent points; other noise moves the same ones further."""
        labels = generator.integers(2, size=count)
        inside, outside = np.square(BOUNDS[labels]).T
        radii = np.sqrt(inside + (outside - inside) * generator.random(count))
        angles = 2 * np.pi * generator.random(count)
        ys = radii[:, np.newaxis] * np.stack([np.cos(angles), np.sin(angles)], -1)
        return Points(ys + self.noise * generator.standard_normal((count, 2)), labels)
