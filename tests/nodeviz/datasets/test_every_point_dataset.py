"""What every dataset of points promises: draws that repeat, classes in balance, and the density it says it has."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from nodeviz.datasets import DATASETS, Checkerboard, Picture
from nodeviz.datasets.declared import PointDataset
from nodeviz.datasets.quadrature import points_of
from nodeviz.settings import settings_of

OF_POINTS = [kind for kind in DATASETS if issubclass(kind, PointDataset)]
WITH_DENSITY = [kind for kind in OF_POINTS if kind().entropy is not None]
SMOOTH = [kind for kind in WITH_DENSITY if kind not in (Checkerboard, Picture)]
"""The others have edges or kinks, and tests of their own."""


def named(kind: type) -> str:
    return kind.__name__


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("kind", OF_POINTS, ids=named)
def test_the_same_seeds_draw_the_same_points_and_others_others(kind: type[PointDataset]) -> None:
    first = kind().sample(3)
    for one, again in zip(first.train + first.test, sum(kind().sample(3), ()), strict=True):
        np.testing.assert_array_equal(one, again)
    assert not np.array_equal(first.train.ys, kind().sample(4).train.ys)
    assert not np.array_equal(first.train.ys, kind(data_seed=1).sample(3).train.ys)


@pytest.mark.parametrize("kind", OF_POINTS, ids=named)
def test_the_share_held_out_is_as_set_and_no_point_is_in_both_parts(kind: type[PointDataset]) -> None:
    train, test = kind(points=200, held_out=0.2).sample(0)
    assert (len(train.ys), len(test.ys)) == (160, 40)
    assert train.labels.shape == (160,)
    if kind(points=200).noise:
        assert not {tuple(y) for y in train.ys} & {tuple(y) for y in test.ys}


@pytest.mark.parametrize("kind", OF_POINTS, ids=named)
def test_it_says_how_many_points_a_sample_has(kind: type[PointDataset]) -> None:
    for dataset in (kind(points=100), kind(points=5000)):
        train, test = dataset.sample(0)
        assert (dataset.drawn - dataset.judging, dataset.judging) == (len(train.ys), len(test.ys))


@pytest.mark.parametrize("kind", OF_POINTS, ids=named)
def test_every_class_has_its_share_of_the_points(kind: type[PointDataset]) -> None:
    dataset, count = kind(), 30_000
    labels = dataset.draw(count, generator()).labels
    assert labels.dtype == np.int64
    shares = np.bincount(labels, minlength=dataset.classes) / len(labels)
    assert len(shares) == dataset.classes
    deviation = np.sqrt(shares.mean() * (1 - shares.mean()) / count)
    assert np.abs(shares - shares.mean()).max() <= 5 * deviation


@pytest.mark.parametrize("kind", OF_POINTS, ids=named)
def test_the_extent_shows_nearly_all_points(kind: type[PointDataset]) -> None:
    dataset = kind()
    x0, x1, y0, y1 = dataset.extent
    xs, ys = dataset.draw(10_000, generator()).ys.T
    assert np.mean((x0 < xs) & (xs < x1) & (y0 < ys) & (ys < y1)) > 0.999


@pytest.mark.parametrize("kind", OF_POINTS, ids=named)
def test_a_little_more_noise_moves_the_same_points_a_little(kind: type[PointDataset]) -> None:
    dataset = kind()
    more = msgspec.structs.replace(dataset, noise=dataset.noise + 0.01)
    moved = more.draw(500, generator()).ys - dataset.draw(500, generator()).ys
    assert 0 < np.abs(moved).max() < 0.12
    np.testing.assert_array_equal(more.draw(500, generator()).labels, dataset.draw(500, generator()).labels)


@pytest.mark.parametrize("kind", OF_POINTS, ids=named)
def test_its_thumbnail_shows_points_of_every_class(kind: type[PointDataset]) -> None:
    sketch = kind().sketch(0)
    assert set(sketch.points.labels) == set(range(kind().classes))


@pytest.mark.parametrize("kind", SMOOTH, ids=named)
def test_the_density_integrates_to_one(kind: type[PointDataset]) -> None:
    dataset = kind()
    x0, x1, y0, y1 = dataset.extent
    wider = (x0 - (x1 - x0) / 2, x1 + (x1 - x0) / 2, y0 - (y1 - y0) / 2, y1 + (y1 - y0) / 2)
    ys, area = points_of(wider, (x1 - x0) / 110)
    assert np.exp(dataset.log_density(ys)).sum() * area == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("kind", WITH_DENSITY, ids=named)
def test_the_entropy_is_minus_the_mean_log_density_of_its_points(kind: type[PointDataset]) -> None:
    dataset = kind()
    known = dataset.log_density(dataset.draw(20_000, generator()).ys)
    assert -known.mean() == pytest.approx(dataset.entropy, abs=5 * known.std() / np.sqrt(20_000) + 1e-12)


@pytest.mark.parametrize("kind", OF_POINTS, ids=named)
def test_noise_is_a_setting_of_it(kind: type[PointDataset]) -> None:
    assert "noise" in {setting.name for setting in settings_of(kind)}
