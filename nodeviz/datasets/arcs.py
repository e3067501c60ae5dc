"""The density of points on a circle or a half circle with Gaussian noise: an integral along it.

Exact to nine digits wherever a point may be expected.
"""

from __future__ import annotations

from math import log, pi

import numpy as np
from numpy.typing import NDArray

from nodeviz.datasets.quadrature import log_sum_exp

Array = NDArray[np.float64]

NODES, WEIGHTS = np.polynomial.legendre.leggauss(48)
LEFT_OUT = 40.0
"""Where the integrand is below exp(-40) of its largest value, it is left out."""
EVEN = 1e-3
"""A sharpness so small that the integrand is the same everywhere."""


def log_density_on_circle(ys: Array, radius: float, deviation: float) -> Array:
    """Of points at `radius` from zero, at any angle, moved by normal noise of `deviation`; at `ys` (n, 2)."""
    whole = np.full(len(ys), -pi), np.full(len(ys), pi)
    return _log_integral(ys, radius, deviation, *whole) - log(2 * pi)


def log_density_on_half_circle(ys: Array, radius: float, deviation: float) -> Array:
    """The same for angles in [0, π]."""
    angle = np.arctan2(ys[:, 1], ys[:, 0])
    # By quarters: a point below has two nearest ones, the ends, and each must be the peak of an integral of its own.
    quarters = [(_turned_back(at - angle), _turned_back(at - angle) + pi / 2) for at in (0.0, pi / 2)]
    right, left = (_log_integral(ys, radius, deviation, first, last) for first, last in quarters)
    return np.logaddexp(right, left) - log(pi)


def _log_integral(ys: Array, radius: float, deviation: float, first: Array, last: Array) -> Array:
    """Log of the noise's density at `ys`, integrated over the angles from `first` to `last` relative to each point's.

    By Gauss-Legendre quadrature around the integrand's peak, so that fine noise needs no more nodes: at a relative
    angle d it is exp(-s (1 - cos d)) <= exp(-2 s d² / π²), where s is the sharpness and |d| <= π.
    """
    distance = np.hypot(ys[:, 0], ys[:, 1])
    sharpness = distance * radius / deviation**2
    reach = np.where(sharpness > EVEN, pi * np.sqrt(LEFT_OUT / 2 / np.maximum(sharpness, EVEN)), 2 * pi)
    nearest = np.clip(0.0, first, last)
    start, end = np.maximum(first, nearest - reach), np.minimum(last, nearest + reach)
    half = (end - start)[:, np.newaxis] / 2
    angles = start[:, np.newaxis] + half * (NODES + 1)
    exponents = np.log(WEIGHTS * half) - 2 * sharpness[:, np.newaxis] * np.sin(angles / 2) ** 2
    return log_sum_exp(exponents) - ((distance - radius) / deviation) ** 2 / 2 - log(2 * pi * deviation**2)


def _turned_back(angle: Array) -> Array:
    """The same direction where a quarter circle from there on lies within a half turn of zero, or begins there."""
    return (angle + 1.25 * pi) % (2 * pi) - 1.25 * pi
