"""Where a grid of values crosses a level: lines of straight pieces, by marching triangles."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nodeviz.ui.plots.velocity_grid import Extent

CORNERS = np.array([[[0, 0], [1, 0], [1, 1]], [[0, 0], [1, 1], [0, 1]]])
"""The two triangles of a cell: each has none or two sides that the level crosses, so nothing is ambiguous."""


class _Crossings(NamedTuple):
    """Ends of pieces in places of the grid (2 n, 2), every two rows one piece, and the side each lies on (2 n,).

    Pieces that meet have an end on the same side of a triangle.
    """

    points: NDArray[np.float64]
    sides: NDArray[np.int64]


def level_lines(values: NDArray[np.float32], extent: Extent, level: float = 0.0) -> list[NDArray[np.float64]]:
    """The lines, each (n, 2), where `values` (nx, ny), [i, j] at (x_i, y_j) over `extent`, are `level`.

    A line that closes ends where it began. Cells with a value that is not finite have none.
    """
    found = [_through(values - np.float32(level), triangle) for triangle in CORNERS]
    sides = np.concatenate([each.sides for each in found])
    points = np.concatenate([each.points for each in found])
    steps = np.array(values.shape) - 1
    placed = np.array([extent.x_min, extent.y_min]) + points / steps * np.array([extent.width, extent.height])
    return [placed[ends] for ends in _chained(sides.tolist())]


def _through(values: NDArray[np.float32], triangle: NDArray[np.intp]) -> _Crossings:
    """The pieces through this triangle of every cell."""
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
    points, sides = [], []
    for other in ((alone + 1) % 3, (alone + 2) % 3):
        here, there = corner[rows, alone], corner[rows, other]
        share = (here / (here - there))[:, None]
        begin, end = cells + triangle[alone], cells + triangle[other]
        points.append(begin * (1 - share) + end * share)
        nodes = np.sort(np.stack([begin @ [ny, 1], end @ [ny, 1]]), axis=0)
        sides.append(nodes[0] * (nx * ny) + nodes[1])
    return _Crossings(np.stack(points, axis=1).reshape(-1, 2), np.stack(sides, axis=1).ravel())


def _chained(sides: list[int]) -> list[list[int]]:
    """The rows of pieces in the order in which a pen would draw them, line by line."""
    meeting: dict[int, list[int]] = {}
    for row, side in enumerate(sides):
        meeting.setdefault(side, []).append(row)
    loose = [rows[0] for rows in meeting.values() if len(rows) == 1]
    left = set(range(0, len(sides), 2))
    starts = [*loose, *range(0, len(sides), 2)]
    return [_walk(start, sides, meeting, left) for start in starts if start - start % 2 in left]


def _walk(start: int, sides: list[int], meeting: dict[int, list[int]], left: set[int]) -> list[int]:
    """From the end in row `start` on along the pieces that are `left`, which are taken away."""
    line, row = [start], start
    while row - row % 2 in left:
        left.remove(row - row % 2)
        far = row ^ 1
        line.append(far)
        row = next((other for other in meeting[sides[far]] if other != far), far)
    return line
