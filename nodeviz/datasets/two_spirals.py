"""Two spiral arms wound around each other, each a class of its own."""

from __future__ import annotations

from functools import lru_cache, partial
from math import hypot, pi
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from nodeviz.datasets.curves import Curve, curve, log_density_along
from nodeviz.datasets.declared import PointDataset, Points
from nodeviz.datasets.quadrature import entropy_of
from nodeviz.settings import described

Array = NDArray[np.float64]

WIDTH = 1 / 3
"""How far an arm moves out in one radian, as in FFJORD's code (Grathwohl et al., 2019)."""


FINEST = 1 / 15
"""The least noise for every turn with an entropy: below, the integral takes too long."""


class TwoSpirals(PointDataset, frozen=True, tag="two-spirals"):
    """Arms (-a cos a, a sin a) / 3 and their mirror images through zero, a² spread evenly, moved by normal noise.

    The form of FFJORD's code, without the uniform jitter that it adds to one side of each arm. With its noise, 0.1,
    and its one and a half turns the entropy is 2.5406.
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
        arms = _arm(angles)
        signs = np.where(labels == 0, 1.0, -1.0)[:, np.newaxis]
        return Points(signs * arms + self.noise * generator.standard_normal((count, 2)), labels)

    def log_density(self, ys: Array) -> Array | None:
        """At `ys` (n, 2); None without noise, when all points lie on two lines."""
        return log_density_along(ys, _arms(self.turns, self.noise), self.noise) if self.noise else None

    @property
    def entropy(self) -> float | None:
        """In nats; None without noise, or next to none."""
        return _entropy(self.turns, self.noise) if self.noise >= FINEST * self.turns else None


def _arm(angles: Array) -> Array:
    """Places on the first arm, (n, 2)."""
    return WIDTH * angles[:, np.newaxis] * np.stack([-np.cos(angles), np.sin(angles)], -1)


@lru_cache
def _arms(turns: float, noise: float) -> Curve:
    """Both arms, with the angles' density 2 a / last²."""
    last = 2 * pi * turns
    first = curve(_arm, lambda angles: angles / last**2, 0.0, last, WIDTH * hypot(last, 1) * last, noise)
    return Curve(np.concatenate([first.places, -first.places]), np.tile(first.shares, 2))


@lru_cache
def _entropy(turns: float, noise: float) -> float:
    reach = WIDTH * 2 * pi * turns + 8 * noise
    known = partial(log_density_along, along=_arms(turns, noise), deviation=noise)
    return entropy_of(known, (-reach, reach, -reach, reach), 0.75 * noise)
