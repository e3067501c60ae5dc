"""The cubic spiral of the field's best-known demo: dy/dt = (y³) A from (2, 0)."""

from __future__ import annotations

from functools import lru_cache
from math import ceil
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from nodeviz.datasets.declared import TrajectoryDataset
from nodeviz.datasets.trajectories import Trajectories
from nodeviz.settings import described

DAMPING, TURNING = -0.1, 2.0
A = np.array([[DAMPING, TURNING], [-TURNING, DAMPING]])
START = (2.0, 0.0)
LONGEST_STEP = 0.0025
"""Of the RK4 that finds the truth, to within 1e-7."""
NOISE_STREAM = 3
"""Weights, batches and noise each draw from a stream of their own of the same seed."""


class Spiral(TrajectoryDataset, frozen=True, tag="spiral"):
    """A decaying spiral, sampled at equal times on [0, duration]."""

    noise: Annotated[
        float, described("noise", "Standard deviation of Gaussian noise on each point.", low=0.0, high=0.5)
    ] = 0.0

    def sample(self, seed: int) -> Trajectories:
        """The spiral with the noise of `seed`: arrays of shape (points,) and (points, 1, 2)."""
        ts, truth = _truth(self.points, self.duration)
        noise = np.random.default_rng([seed, NOISE_STREAM]).standard_normal(truth.shape)
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
    interval = duration / (points - 1)
    substeps = ceil(interval / LONGEST_STEP)
    place, path = START, [START]
    for _ in range(points - 1):
        place = _after(*place, interval / substeps, substeps)
        path.append(place)
    ys = np.array(path)[:, np.newaxis, :]
    ts.flags.writeable = ys.flags.writeable = False  # they are shared by every sample
    return ts, ys


def _after(x: float, y: float, dt: float, steps: int) -> tuple[float, float]:
    """Where so many steps of RK4 lead."""
    # In Python's own numbers, the field written out: for a single point that is thirty times as fast as in numpy's, and
    # the window waits for it.
    d, w, half, sixth = DAMPING, TURNING, dt / 2, dt / 6
    for _ in range(steps):
        p, q = x * x * x, y * y * y
        u1, v1 = d * p - w * q, w * p + d * q
        p, q = x + half * u1, y + half * v1
        p, q = p * p * p, q * q * q
        u2, v2 = d * p - w * q, w * p + d * q
        p, q = x + half * u2, y + half * v2
        p, q = p * p * p, q * q * q
        u3, v3 = d * p - w * q, w * p + d * q
        p, q = x + dt * u3, y + dt * v3
        p, q = p * p * p, q * q * q
        u4, v4 = d * p - w * q, w * p + d * q
        x, y = x + sixth * (u1 + 2 * u2 + 2 * u3 + u4), y + sixth * (v1 + 2 * v2 + 2 * v3 + v4)
    return x, y
