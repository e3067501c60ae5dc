"""How a grid of values becomes a finer one between the same corners, smoothly and without BLAS."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FINE = 256
"""Points a side that a grid is refined to before it is coloured."""


def refined(values: NDArray[np.float32], count: int = FINE) -> NDArray[np.float32]:
    """`values` on a grid of count × count points over the same rectangle, by cubic convolution along each side."""
    return _refined_rows(_refined_rows(values, count).T, count).T


def _refined_rows(values: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """(n, m) -> (count, m). Four taps instead of a matrix product: BLAS would wake its threads, and a busy machine then
    makes the frame wait for them."""
    taps = _taps(values.shape[0], count)
    fine = np.zeros((count, values.shape[1]), np.float32)
    for index, weight in zip(taps.around, taps.weight, strict=True):
        fine += weight[:, None] * values[index]
    return fine


class _Taps(NamedTuple):
    """For each fine point the four coarse ones around it, (4, count), and how much each counts, (4, count)."""

    around: NDArray[np.intp]
    weight: NDArray[np.float32]


@cache
def _taps(coarse: int, count: int) -> _Taps:
    """The weights of cubic convolution: R. Keys, IEEE Trans. ASSP 29(6), 1981, with a = -1/2."""
    place = np.linspace(0, coarse - 1, count)
    index = np.floor(place).astype(np.intp) + np.arange(-1, 3)[:, None]
    distance = np.abs(place - index)
    near = (1.5 * distance - 2.5) * distance**2 + 1
    far = ((-0.5 * distance + 2.5) * distance - 4) * distance + 2
    weight = np.where(distance < 1, near, np.where(distance < 2, far, 0))
    return _Taps(np.clip(index, 0, coarse - 1), weight.astype(np.float32))
