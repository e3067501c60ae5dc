"""What of a line lies within a rectangle: for pictures whose viewers do not clip."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nodeviz.ui.plots.velocity_grid import Extent


def clipped(begins: NDArray[np.float64], ends: NDArray[np.float64], within: Extent) -> NDArray[np.float64]:
    """The parts of the pieces from `begins` to `ends`, both (n, 2), inside: (m, 4). By Liang and Barsky (1984)."""
    way = ends - begins
    low, high = np.array([within.x_min, within.y_min]), np.array([within.x_max, within.y_max])
    with np.errstate(divide="ignore", invalid="ignore"):
        first, second = (low - begins) / way, (high - begins) / way
    enter, leave = np.minimum(first, second), np.maximum(first, second)
    still = way == 0
    inside = (begins >= low) & (begins <= high)
    enter = np.where(still, np.where(inside, -np.inf, np.inf), enter).max(axis=1, initial=0.0)
    leave = np.where(still, np.where(inside, np.inf, -np.inf), leave).min(axis=1, initial=1.0)
    kept = enter < leave
    parts = [begins[kept] + share[kept, None] * way[kept] for share in (enter, leave)]
    return np.concatenate(parts, axis=1)
