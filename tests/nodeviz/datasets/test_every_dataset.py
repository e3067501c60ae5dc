"""What every dataset of trajectories promises."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from nodeviz.datasets import DATASETS
from nodeviz.datasets.declared import TrajectoryDataset

OF_TRAJECTORIES = [kind for kind in DATASETS if issubclass(kind, TrajectoryDataset)]


@pytest.fixture(params=OF_TRAJECTORIES, ids=lambda kind: kind.__name__)
def dataset(request: pytest.FixtureRequest) -> TrajectoryDataset:
    return request.param()


def test_times_rise_in_equal_steps_and_shapes_agree(dataset: TrajectoryDataset) -> None:
    ts, truth, observed = dataset.sample(0)
    assert ts.shape == (dataset.points,)
    np.testing.assert_allclose(np.diff(ts), ts[1] - ts[0], rtol=1e-9)
    assert truth.shape == observed.shape
    assert truth.shape[0] == len(ts)
    assert truth.shape[2] == 2


def test_the_truth_solves_the_true_field(dataset: TrajectoryDataset) -> None:
    ts, truth, _ = dataset.sample(0)

    def flat(t: float, y: np.ndarray) -> np.ndarray:
        return dataset.velocity(t, y.reshape(-1, 2)).ravel()

    solved = solve_ivp(flat, (ts[0], ts[-1]), truth[0].ravel(), t_eval=ts, method="DOP853", rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(truth.reshape(len(ts), -1), solved.y.T, atol=1e-7)


def test_the_same_seed_gives_the_same_noise_and_another_seed_another(dataset: TrajectoryDataset) -> None:
    noisy = type(dataset)(noise=0.1)
    np.testing.assert_array_equal(noisy.sample(3).observed, noisy.sample(3).observed)
    assert not np.array_equal(noisy.sample(3).observed, noisy.sample(4).observed)


def test_noise_has_the_deviation_that_is_set_and_none_without(dataset: TrajectoryDataset) -> None:
    clean = dataset.sample(0)
    np.testing.assert_array_equal(clean.observed, clean.truth)
    noisy = type(dataset)(noise=0.2, points=5000).sample(0)
    assert np.std(noisy.observed - noisy.truth) == pytest.approx(0.2, rel=0.05)
    assert abs(np.mean(noisy.observed - noisy.truth)) < 0.01


def test_changing_a_sample_does_not_change_the_next(dataset: TrajectoryDataset) -> None:
    first = dataset.sample(0)
    before = first.truth.copy()
    with pytest.raises(ValueError, match="read-only"):
        first.truth[0] = 9.0
    np.testing.assert_array_equal(dataset.sample(0).truth, before)


def test_the_extent_shows_the_whole_truth(dataset: TrajectoryDataset) -> None:
    x0, x1, y0, y1 = dataset.extent
    truth = dataset.sample(0).truth
    assert x0 < truth[..., 0].min() < truth[..., 0].max() < x1
    assert y0 < truth[..., 1].min() < truth[..., 1].max() < y1
