"""Eight Gaussians on a circle: the mixture that flows are first tried on."""

from __future__ import annotations

from functools import lru_cache
from math import log, pi
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from nodeviz.datasets.declared import PointDataset, Points
from nodeviz.datasets.quadrature import entropy_of, log_sum_exp
from nodeviz.settings import described

SCALE = 1.414
"""What points are divided by, in FFJORD's code: no exact √2."""
RADIUS = 4.0 / SCALE
_ANGLES = np.arange(8) * (pi / 4)
CENTRES = RADIUS * np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=-1)


class EightGaussians(PointDataset, frozen=True, tag="eight-gaussians"):
    """(4 (cos k π/4, sin k π/4) + noise (e₁, e₂)) / 1.414, k = 0 … 7 equally likely, e normal.

    The form of FFJORD's code (Grathwohl et al., 2019), where noise is 0.5: the entropy is then 2.8319.
    """

    noise: Annotated[
        float,
        described("noise", "Standard deviation of each Gaussian, times 1.414.", low=0.05, high=2.0),
    ] = 0.5

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """What the phase plane shows at first: x_min, x_max, y_min, y_max."""
        return (-4.5, 4.5, -4.5, 4.5)

    @property
    def deviation(self) -> float:
        """The standard deviation as drawn."""
        return self.noise / SCALE

    def draw(self, count: int, generator: np.random.Generator) -> Points:
        """So many independent points."""
        which = generator.integers(8, size=count)
        ys = CENTRES[which] + self.deviation * generator.standard_normal((count, 2))
        return Points(ys, np.zeros(count, np.int64))

    def log_density(self, ys: NDArray[np.float64]) -> NDArray[np.float64]:
        """At `ys` (n, 2)."""
        squares = ((ys[:, None] - CENTRES) ** 2).sum(-1)
        variance = self.deviation**2
        return log_sum_exp(-squares / (2 * variance)) - log(8 * 2 * pi * variance)

    @property
    def entropy(self) -> float:
        """In nats."""
        return _entropy(self.noise)


@lru_cache
def _entropy(noise: float) -> float:
    dataset = EightGaussians(noise=noise)
    reach = RADIUS + 8 * dataset.deviation
    return entropy_of(dataset.log_density, (-reach, reach, -reach, reach), dataset.deviation / 2)
