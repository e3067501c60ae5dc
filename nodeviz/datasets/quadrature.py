"""Integrals over the plane of what is smooth and dies away: entropies and normalisers."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, log

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Extent = tuple[float, float, float, float]

ROWS = 65_536
"""Points that a function is asked for at once."""


def points_of(extent: Extent, spacing: float) -> tuple[Array, float]:
    """The nodes of the midpoint rule over `extent`, (n, 2), at most `spacing` apart, and the area that each has."""
    x0, x1, y0, y1 = extent
    across, up = ceil((x1 - x0) / spacing), ceil((y1 - y0) / spacing)
    dx, dy = (x1 - x0) / across, (y1 - y0) / up
    xs, ys = x0 + dx * (np.arange(across) + 0.5), y0 + dy * (np.arange(up) + 0.5)
    return np.stack(np.meshgrid(xs, ys, indexing="ij"), -1).reshape(-1, 2), dx * dy


def entropy_of(log_density: Callable[[Array], Array], extent: Extent, spacing: float) -> float:
    """Minus the integral of p log p, in nats.

    The midpoint rule misses a Gaussian's integral by exp(-2 (π σ / spacing)²) alone (Trefethen & Weideman, 2014):
    where nothing is finer than σ, a spacing of σ / 2 is exact to more digits than are shown.
    """
    ys, area = points_of(extent, spacing)
    total = 0.0
    for first in range(0, len(ys), ROWS):
        known = log_density(ys[first : first + ROWS])
        there = known[np.isfinite(known)]
        total -= float(np.exp(there) @ there)
    return float(total * area)  # the extent may be of numpy's numbers, which no message takes


def log_normaliser_of(energy: Callable[[Array], Array], extent: Extent, spacing: float) -> float:
    """log of the integral of exp(-energy)."""
    ys, area = points_of(extent, spacing)
    total = sum(float(np.exp(-energy(ys[first : first + ROWS])).sum()) for first in range(0, len(ys), ROWS))
    return log(total * area)


def log_sum_exp(terms: Array) -> Array:
    """log Σ exp over the last axis; minus infinity where all of them are."""
    largest = terms.max(-1)
    largest = np.where(np.isfinite(largest), largest, 0.0)
    with np.errstate(divide="ignore"):
        return largest + np.log(np.exp(terms - largest[..., None]).sum(-1))
