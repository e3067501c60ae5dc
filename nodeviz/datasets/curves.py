"""The density of points along a curve with Gaussian noise: an integral along it."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, log, pi
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nodeviz.datasets.quadrature import log_sum_exp

Array = NDArray[np.float64]

NODES, WEIGHTS = np.polynomial.legendre.leggauss(8)
AT_ONCE = 2_000_000
"""Pairs of a point and a node that are computed together."""


class Curve(NamedTuple):
    """Places on a curve, (n, 2), and the share of the points that each stands for, (n,)."""

    places: Array
    shares: Array


def curve(
    place: Callable[[Array], Array],
    share: Callable[[Array], Array],
    first: float,
    last: float,
    length: float,
    fine: float,
) -> Curve:
    """A curve of at most `length` along the parameter from `first` to `last`, in pieces of three times `fine`.

    `place` gives its points (n, 2), `share` their density in the parameter. By Gauss-Legendre quadrature: where the
    noise has a deviation of `fine`, the density is exact to eight digits.
    """
    pieces = ceil(length / (3 * fine))
    edges = np.linspace(first, last, pieces + 1)
    half = (last - first) / pieces / 2
    at = (edges[:-1, np.newaxis] + half * (NODES + 1)).ravel()
    return Curve(place(at), np.tile(half * WEIGHTS, pieces) * share(at))


def log_density_along(ys: Array, along: Curve, deviation: float) -> Array:
    """Of points on the curve, moved by normal noise of `deviation`; at `ys` (n, 2)."""
    scaled, places = ys / deviation, along.places / deviation
    shares = np.log(along.shares) - (places**2).sum(-1) / 2
    rows = max(1, AT_ONCE // len(shares))
    found = [log_sum_exp(shares + scaled[i : i + rows] @ places.T) for i in range(0, len(ys), rows)]
    return np.concatenate([*found, np.zeros(0)]) - (scaled**2).sum(-1) / 2 - log(2 * pi * deviation**2)
