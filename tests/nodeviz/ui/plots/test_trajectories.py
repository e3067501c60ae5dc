"""Families of curves as one line, points at a time, dots that do not merge."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nodeviz.ui.plots.observed import apart
from nodeviz.ui.plots.trajectories import end_of, joined, point_at

number = st.floats(-10, 10) | st.sampled_from([float("nan"), float("inf")])
curve = st.lists(st.tuples(number, number), max_size=12).map(lambda points: np.array(points).reshape(-1, 2))


def segments(line):
    ends = np.flatnonzero(line.connect)
    return [(line.x[i], line.y[i], line.x[i + 1], line.y[i + 1]) for i in ends]


@given(st.lists(curve, max_size=5))
def test_a_family_is_joined_exactly_where_two_finite_points_of_one_curve_follow(curves):
    expected = [
        (*first, *second)
        for points in curves
        for first, second in zip(points[:-1], points[1:], strict=True)
        if np.isfinite([*first, *second]).all()
    ]
    line = joined(curves)
    assert np.isfinite(line.x).all() and np.isfinite(line.y).all()
    assert segments(line) == expected


def test_a_lone_point_and_an_empty_curve_draw_nothing():
    assert len(joined([np.array([[1.0, 2.0]]), np.zeros((0, 2))]).x) == 0


@given(curve)
def test_the_end_of_a_curve_is_its_last_finite_point(points):
    finite = [tuple(point) for point in points if np.isfinite(point).all()]
    assert end_of(points) == (finite[-1] if finite else None)


def test_the_point_at_a_time_lies_between_its_neighbours_forward_and_backward():
    ts, points = np.array([0.0, 1.0, 3.0]), np.array([[0.0, 0.0], [2.0, 4.0], [2.0, 0.0]])
    assert point_at(ts, points, 0.5) == (1.0, 2.0)
    assert point_at(ts[::-1], points[::-1], 2.0) == (2.0, 2.0)


def test_there_is_no_point_beyond_the_ends_where_it_diverged_or_without_times():
    ts, points = np.array([0.0, 1.0, 2.0]), np.array([[0.0, 0.0], [1.0, 1.0], [np.nan, np.nan]])
    assert point_at(ts, points, 3.0) is None
    assert point_at(ts, points, 1.5) is None
    assert point_at(np.zeros(0), np.zeros((0, 2)), 0.0) is None


def test_dots_follow_one_another_at_a_distance_and_distant_ones_are_all_kept():
    line = np.stack([np.linspace(0, 100, 1001), np.zeros(1001)], axis=1)
    kept = line[apart(line, 5.0)]
    assert kept[0, 0] == 0 and 20 <= len(kept) <= 21
    assert np.diff(kept[:, 0]).min() > 4.8
    assert apart(line[::100], 5.0).all()
