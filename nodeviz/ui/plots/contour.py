"""Where a grid of values crosses a level: straight pieces, by marching triangles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nodeviz.ui.plots.velocity_grid import Extent

CORNERS = np.array([[[0, 0], [1, 0], [1, 1]], [[0, 0], [1, 1], [0, 1]]])
"""The two triangles of a cell: each has none or two sides that the level crosses, so nothing is ambiguous."""


def level_lines(values: NDArray[np.float32], extent: Extent, level: float = 0.0) -> NDArray[np.float64]:
    """The pieces of the line where `values` (nx, ny), [i, j] at (x_i, y_j) over `extent`, are `level`: (2 n, 2).

    Every two rows are the ends of a piece. Cells with a value that is not finite have none.
    """
    found = [_through(values - np.float32(level), triangle) for triangle in CORNERS]
    points = np.concatenate(found)
    steps = np.array(values.shape) - 1
    return np.array([extent.x_min, extent.y_min]) + points / steps * np.array([extent.width, extent.height])


def _through(values: NDArray[np.float32], triangle: NDArray[np.intp]) -> NDArray[np.float64]:
    """The pieces through this triangle of every cell, in places of the grid."""
    nx, ny = values.shape
    at = [values[i : nx - 1 + i, j : ny - 1 + j] for i, j in triangle]
    above = [corner > 0 for corner in at]
    crossed = ~((above[0] == above[1]) & (above[1] == above[2])) & np.isfinite(at[0] + at[1] + at[2])
    cells = np.argwhere(crossed)
    corner = np.stack([side[crossed] for side in at], axis=1).astype(np.float64)
    lies_above = corner > 0
    # The corner that lies alone on its side of the level: both ends are on the way from it to one of the others.
    few = lies_above.sum(axis=1) == 1
    alone = np.argmax(lies_above == few[:, None], axis=1)
    rows = np.arange(len(cells))
    ends = []
    for other in ((alone + 1) % 3, (alone + 2) % 3):
        here, there = corner[rows, alone], corner[rows, other]
        share = (here / (here - there))[:, None]
        ends.append(cells + triangle[alone] * (1 - share) + triangle[other] * share)
    return np.stack(ends, axis=1).reshape(-1, 2)
