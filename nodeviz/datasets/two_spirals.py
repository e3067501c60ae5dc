"""Two spiral arms wound around each other, each a class of its own."""

from __future__ import annotations

from math import pi
from typing import Annotated

import numpy as np

from nodeviz.datasets.declared import PointDataset, Points
from nodeviz.settings import described

WIDTH = 1 / 3
"""How far an arm moves out in one radian, as in FFJORD's code (Grathwohl et al., 2019)."""


class TwoSpirals(PointDataset, frozen=True, tag="two-spirals"):
    """Arms (-a cos a, a sin a) / 3 and their mirror images through zero, a² spread evenly, moved by normal noise.

    The form of FFJORD's code, without the uniform jitter that it adds to one side of each arm.
    """

    noise: Annotated[
        float, described("noise", "Standard deviation of Gaussian noise on each point.", low=0.0, high=0.5)
    ] = 0.1
    turns: Annotated[float, described("turns", "How often an arm goes around.", low=0.25, high=3.0)] = 1.5

    @property
    def classes(self) -> int:
        """The two arms."""
        return 2

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """What the phase plane shows at first: x_min, x_max, y_min, y_max."""
        reach = 1.25 * WIDTH * 2 * pi * self.turns + 0.3
        return (-reach, reach, -reach, reach)

    def draw(self, count: int, generator: np.random.Generator) -> Points:
        """So many independent points; other noise moves the same ones further."""
        labels = generator.integers(2, size=count)
        angles = 2 * pi * self.turns * np.sqrt(generator.random(count))
        arms = WIDTH * angles[:, np.newaxis] * np.stack([-np.cos(angles), np.sin(angles)], -1)
        signs = np.where(labels == 0, 1.0, -1.0)[:, np.newaxis]
        return Points(signs * arms + self.noise * generator.standard_normal((count, 2)), labels)
