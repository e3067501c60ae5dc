"""The cubic spiral of the field's best-known demo: dy/dt = (y³) A from (2, 0)."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from nodeviz.datasets.trajectories import Trajectories
from nodeviz.settings import Settings, described

A = np.array([[-0.1, 2.0], [-2.0, -0.1]])
START = (2.0, 0.0)
SUBSTEPS = 20


class Spiral(Settings, frozen=True, tag="spiral", tag_field="kind"):
    """A decaying spiral, sampled at equal times on [0, duration]."""

    noise: Annotated[
        float, described("noise", "Standard deviation of Gaussian noise on each point.", low=0.0, high=0.5)
    ] = 0.0
    points: Annotated[int, described("points", "How many times the spiral is observed.", low=20, high=5000)] = 1000
    duration: Annotated[
        float, described("duration", "The last time observed.", low=1.0, high=100.0, unit="s")
    ] = 25.0

    def sample(self, seed: int) -> Trajectories:
        """The spiral with the noise of `seed`: arrays of shape (points,) and (points, 1, 2)."""
        ts, truth = _truth(self.points, self.duration)
        noise = np.random.default_rng(seed).standard_normal(truth.shape)
        return Trajectories(ts, truth, truth + self.noise * noise)

    def velocity(self, t: float, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """The true field at `y` (n, 2)."""
        return y**3 @ A

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """What the phase plane shows at first: x_min, x_max, y_min, y_max."""
        return (-2.6, 2.6, -2.6, 2.6)


@lru_cache(maxsize=8)
def _truth(points: int, duration: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    ts = np.linspace(0.0, duration, points)
    ys = np.empty((points, 1, 2))
    ys[0, 0] = START
    for i in range(points - 1):
        ys[i + 1] = _rk4(ys[i], (ts[i + 1] - ts[i]) / SUBSTEPS)
    return ts, ys


def _rk4(y: NDArray[np.float64], dt: float) -> NDArray[np.float64]:
    for _ in range(SUBSTEPS):
        k1 = y**3 @ A
        k2 = (y + dt / 2 * k1) ** 3 @ A
        k3 = (y + dt / 2 * k2) ** 3 @ A
        k4 = (y + dt * k3) ** 3 @ A
        y = y + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return y
