"""The spiral of the best-known demo."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from nodeviz.datasets import Spiral


def test_it_starts_at_two_zero_and_turns_the_way_of_the_demo() -> None:
    ts, truth, _ = Spiral().sample(0)
    np.testing.assert_array_equal(truth[0], [[2.0, 0.0]])
    np.testing.assert_allclose(Spiral().velocity(0.0, truth[0]), [[-0.8, 16.0]])
    assert (len(ts), ts[0], ts[-1]) == (1000, 0.0, 25.0)


def test_it_keeps_shrinking() -> None:
    radius = np.sum(Spiral().sample(0).truth ** 4, axis=-1)  # d/dt (x⁴ + y⁴) = -0.4 (x⁶ + y⁶) < 0
    assert np.all(np.diff(radius[:, 0]) < 0)


@pytest.mark.parametrize(("points", "duration"), [(20, 100.0), (20, 1.0), (5000, 100.0)])
def test_the_truth_is_true_however_far_apart_the_times(points: int, duration: float) -> None:
    spiral = Spiral(points=points, duration=duration)
    ts, truth, _ = spiral.sample(0)
    solved = solve_ivp(spiral.velocity, (0.0, duration), truth[0, 0], "DOP853", ts, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(truth[:, 0], solved.y.T, atol=1e-7)
