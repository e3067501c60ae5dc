"""The four energies that normalizing flows were first tried on: densities known up to a factor."""

from __future__ import annotations

from functools import lru_cache
from math import pi
from typing import Annotated, Any, Literal

import numpy as np

from nodeviz.datasets.declared import EnergyDataset
from nodeviz.datasets.quadrature import log_normaliser_of
from nodeviz.settings import Choice, described

WALL, WALL_DEVIATION = 4.0, 0.4
FINEST = 0.05
"""The distance of points in the quadrature: a seventh of the narrowest deviation, 0.35."""

SHAPES = (
    Choice("u1", "U1", "A ring whose left and right sides are likely."),
    Choice("u2", "U2", "A wave."),
    Choice("u3", "U3", "A wave that parts in the middle and meets again."),
    Choice("u4", "U4", "A wave that forks."),
)


class Energy(EnergyDataset, frozen=True, tag="energy"):
    """U1 to U4 of Rezende & Mohamed, "Variational inference with normalizing flows" (2015), table 1.

    With z = (x, y), g(a, s) = exp(-(a/s)²/2), w1 = sin(π x / 2), w2 = 3 g(x - 1, 0.6), w3 = 3 σ((x - 1) / 0.3):
    U1 = ((|z| - 2) / 0.4)²/2 - log(g(x - 2, 0.6) + g(x + 2, 0.6)), U2 = ((y - w1) / 0.4)²/2,
    U3 = -log(g(y - w1, 0.35) + g(y - w1 + w2, 0.35)), U4 = -log(g(y - w1, 0.4) + g(y - w1 + w3, 0.35)).
    U2 to U4 have no end along x, and no normaliser; a wall at |x| = 4 gives them one: ((|x| - 4)₊ / 0.4)²/2 is added.
    log Z is 1.8775 for U1.
    """

    shape: Annotated[Literal["u1", "u2", "u3", "u4"], described("energy", "Which of the four.", choices=SHAPES)] = "u1"

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """What the phase plane shows at first: x_min, x_max, y_min, y_max."""
        return (-4.5, 4.5, -4.5, 4.5) if self.shape != "u1" else (-4.0, 4.0, -4.0, 4.0)

    def energy(self, ys: Any, numbers: Any) -> Any:
        """U at `ys` (n, 2) -> (n,)."""
        x, y = ys[..., 0], ys[..., 1]
        if self.shape == "u1":
            ring = _square((numbers.sqrt(x * x + y * y) - 2) / 0.4)
            return ring - numbers.logaddexp(-_square((x - 2) / 0.6), -_square((x + 2) / 0.6))
        outside = numbers.abs(x) - WALL
        wall = _square((outside + numbers.abs(outside)) / (2 * WALL_DEVIATION))
        away = y - numbers.sin(0.5 * pi * x)
        if self.shape == "u2":
            return wall + _square(away / 0.4)
        if self.shape == "u3":
            other = away + 3 * numbers.exp(-_square((x - 1) / 0.6))
            return wall - numbers.logaddexp(-_square(away / 0.35), -_square(other / 0.35))
        other = away + 1.5 * (1 + numbers.tanh((x - 1) / 0.6))  # 3 σ((x - 1) / 0.3)
        return wall - numbers.logaddexp(-_square(away / 0.4), -_square(other / 0.35))

    @property
    def log_normaliser(self) -> float:
        """log of the integral of exp(-U)."""
        return _log_normaliser(self)


def _square(number: Any) -> Any:
    return 0.5 * number * number


@lru_cache
def _log_normaliser(energy: Energy) -> float:
    return log_normaliser_of(lambda ys: energy.energy(ys, np), (-8.0, 8.0, -8.0, 8.0), FINEST)
