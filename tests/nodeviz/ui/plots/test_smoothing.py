"""Lines are drawn smooth through few points and with few points through many, and corners and gaps stay."""

import numpy as np
import pytest

from nodeviz.ui.plots.smoothing import CORNER, SHARPEST, Polyline, shaped, smoothed, thinned
from nodeviz.ui.plots.trajectories import joined

PIXEL = 0.01


def turns(line: Polyline) -> np.ndarray:
    way = np.diff(np.stack([line.x, line.y], axis=1), axis=0)
    angle = np.unwrap(np.arctan2(way[:, 1], way[:, 0]))
    return np.abs(np.diff(angle))


def circle(count: int, radius: float = 1.0) -> np.ndarray:
    angle = np.linspace(0, 1.9 * np.pi, count)
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


@pytest.mark.parametrize("count", [14, 20, 40])
def test_a_circle_of_few_points_is_drawn_round(count):
    line = shaped(joined([circle(count)]), PIXEL)
    assert turns(line).max() < 2.5 * SHARPEST
    off = np.abs(np.hypot(line.x, line.y) - 1)[2:-2]
    assert off.max() < 12 / count**3, "as near as the cube of the points' distance"


def test_the_points_that_were_solved_for_stay_where_they_are():
    curve = circle(20)
    line = smoothed(joined([curve]), PIXEL)
    for point in curve:
        assert np.hypot(line.x - point[0], line.y - point[1]).min() < 1e-12


def test_a_line_of_very_many_points_is_drawn_with_few_and_looks_the_same():
    line = shaped(joined([circle(5000)]), PIXEL)
    assert len(line.x) < 150
    middles = np.hypot((line.x[1:] + line.x[:-1]) / 2, (line.y[1:] + line.y[:-1]) / 2)
    assert np.abs(middles - 1).max() < 0.3 * PIXEL, "a third of a pixel off at most"
    straight = shaped(joined([np.stack([np.linspace(0, 1, 500), np.zeros(500)], axis=1)]), PIXEL)
    assert len(straight.x) <= 5


def test_ends_and_gaps_are_kept():
    curves = [circle(30), circle(30, 2.0)]
    curves[1][10] = np.nan
    line = shaped(joined(curves), PIXEL)
    assert np.count_nonzero(~line.connect) == 3
    ends = np.flatnonzero(~line.connect)
    for end, wanted in zip(ends, (curves[0][-1], curves[1][9], curves[1][-1]), strict=True):
        np.testing.assert_allclose([line.x[end], line.y[end]], wanted)
    for begin, wanted in zip([0, *(ends[:-1] + 1)], (curves[0][0], curves[1][0], curves[1][11]), strict=True):
        np.testing.assert_allclose([line.x[begin], line.y[begin]], wanted)


def test_a_corner_stays_a_corner():
    assert np.pi / 2 > CORNER
    corner = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    line = smoothed(joined([corner]), PIXEL)
    assert len(line.x) == 3


@pytest.mark.parametrize("curve", [np.zeros((0, 2)), np.zeros((1, 2)), np.zeros((9, 2)), np.full((4, 2), np.inf)])
def test_nothing_a_point_a_rest_and_an_explosion_are_drawn(curve):
    line = shaped(joined([curve]), PIXEL)
    assert np.isfinite(line.x).all() and thinned(line, PIXEL).x.size <= 9
