"""Observed points: as many dots as can be told apart, and none once there is nothing to observe."""

import numpy as np
import pytest

from nodeviz.ui.plots.observed import ObservedPoints


@pytest.fixture
def line() -> np.ndarray:
    """Points a tenth apart along the x axis."""
    return np.stack([np.arange(0.0, 10.0, 0.1), np.zeros(100)], axis=1)


def test_the_dots_go_with_the_trajectories_they_are_of(qapp, line) -> None:
    dots = ObservedPoints()
    dots.set_curves([line, line + 1], 0.01)
    assert len(dots.points()) == 200
    dots.set_curves((), 0.01)
    assert len(dots.points()) == 0


def test_other_points_of_the_same_number_are_drawn_where_they_are(qapp, line) -> None:
    dots = ObservedPoints()
    dots.set_curves([line], 0.01)
    dots.set_curves([line + 5], 0.01)
    np.testing.assert_allclose(np.stack(dots.getData(), axis=1), line + 5)


def test_zooming_out_leaves_dots_out_and_zooming_in_brings_them_back(qapp, line) -> None:
    dots = ObservedPoints()
    dots.set_curves([line], 0.1)
    assert len(dots.points()) < 25
    dots.thin(0.01)
    assert len(dots.points()) == 100
