"""How a line through a few points is drawn smooth, and one through many with as few as the eye needs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SHARPEST = np.deg2rad(5.0)
"""How much two pieces of a drawn line may turn against one another; where it turns more, points are put in between."""
CORNER = np.deg2rad(70.0)
"""From here on it is a corner, and stays one."""
MOST_BETWEEN = 12
LONGEST, SHORTEST = 60.0, 4.0
"""Pixels: longer than this no piece needs to be, and in shorter ones no turn is seen."""


class Polyline(NamedTuple):
    """Points in a row; `connect[i]` says whether point i is joined to point i + 1."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    connect: NDArray[np.bool_]


def shaped(line: Polyline, pixel: float) -> Polyline:
    """`line` as it is drawn where a pixel is `pixel` wide: smooth, and without points that make no difference.

    Between points it is a cubic with the slopes that parabolas through three neighbours have, which is as near to a
    smooth curve as the cube of their distance.
    """
    return thinned(smoothed(line, pixel), pixel)


def smoothed(line: Polyline, pixel: float) -> Polyline:
    """`line` with points put in where it turns too much for the eye."""
    if len(line.x) < 3:
        return line
    points = np.stack([line.x, line.y], axis=1)
    step, length, turn = _steps(line)
    sharp = np.maximum(turn, np.append(turn[1:], 0.0))  # at either end of a piece
    wanted = np.where((length > SHORTEST * pixel) & (sharp < CORNER), np.ceil(sharp / SHARPEST), 1)
    count = np.clip(np.where(line.connect, wanted, 1), 1, MOST_BETWEEN).astype(int)
    if count.max() == 1:
        return line
    slope = _slopes(step, length, line.connect)
    which = np.repeat(np.arange(len(points)), count)
    share = (np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)) / count[which]
    far = np.minimum(which + 1, len(points) - 1)
    s, reach = share[:, None], length[which][:, None]
    placed = (
        (2 * s**3 - 3 * s**2 + 1) * points[which]
        + (s**3 - 2 * s**2 + s) * reach * slope[which]
        + (3 * s**2 - 2 * s**3) * points[far]
        + (s**3 - s**2) * reach * slope[far]
    )
    placed = np.where(share[:, None] == 0, points[which], placed)
    return Polyline(placed[:, 0], placed[:, 1], line.connect[which])


def thinned(line: Polyline, pixel: float) -> Polyline:
    """`line` without points between which it hardly turns."""
    if len(line.x) < 3:
        return line
    _, length, turn = _steps(line)
    passed = np.cumsum(turn / SHARPEST + np.append(0.0, length[:-1]) / (LONGEST * pixel))
    keep = np.append(True, np.diff(np.floor(passed)) > 0)
    begins = line.connect & ~np.append(False, line.connect[:-1])
    ends = ~line.connect & np.append(False, line.connect[:-1])
    keep = (keep | begins | ends) & (line.connect | ends)
    return Polyline(line.x[keep], line.y[keep], line.connect[keep])


class _Steps(NamedTuple):
    """From each point to the next: the way (n, 2), its length (n,), and how much it turns there (n,)."""

    way: NDArray[np.float64]
    length: NDArray[np.float64]
    turn: NDArray[np.float64]


def _steps(line: Polyline) -> _Steps:
    points = np.stack([line.x, line.y], axis=1)
    way = np.diff(points, axis=0, append=points[-1:]) * line.connect[:, None]
    length = np.hypot(way[:, 0], way[:, 1])
    before = np.roll(way, 1, axis=0)
    across = before[:, 0] * way[:, 1] - before[:, 1] * way[:, 0]
    along = (before * way).sum(axis=1)
    turn = np.abs(np.arctan2(across, along))  # of nothing it is zero
    return _Steps(way, length, np.where(line.connect & np.roll(line.connect, 1), turn, 0.0))


def _slopes(way: NDArray[np.float64], length: NDArray[np.float64], connect: NDArray[np.bool_]) -> NDArray[np.float64]:
    """At each point the slope, by distance, of the parabola through it and its neighbours."""
    unit = way / np.maximum(length, 1e-300)[:, None]
    before, long_before = np.roll(unit, 1, axis=0), np.roll(length, 1)
    both = connect & np.roll(connect, 1)
    share = (long_before / np.maximum(long_before + length, 1e-300))[:, None]
    middle = np.where(both[:, None], share * unit + (1 - share) * before, np.where(connect[:, None], unit, before))
    first, last = 2 * unit - np.roll(middle, -1, axis=0), 2 * before - np.roll(middle, 1, axis=0)
    return np.where(both[:, None], middle, np.where(connect[:, None], first, last))
