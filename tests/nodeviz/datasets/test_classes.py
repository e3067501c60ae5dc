"""The datasets with classes: where their points lie, and what is known of their densities."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from nodeviz.datasets import Annuli, Blobs, Circles, Moons, TwoSpirals
from nodeviz.datasets.arcs import log_density_on_circle, log_density_on_half_circle


def drawn(dataset: Annuli | Blobs | Circles | Moons | TwoSpirals) -> tuple[np.ndarray, np.ndarray]:
    """Radii and classes of many points."""
    points = dataset.draw(20_000, np.random.default_rng(0))
    return np.hypot(*points.ys.T), points.labels


def test_the_entropies_are_those_that_are_known() -> None:
    assert Moons(noise=0.1).entropy == pytest.approx(2.3938, abs=2e-4)
    assert Circles(noise=0.06).entropy == pytest.approx(0.7876, abs=1e-4)
    one = 1 + np.log(2 * np.pi * 0.05**2)  # of a single Gaussian: blobs this small do not overlap
    assert Blobs(blobs=4, noise=0.05).entropy == pytest.approx(one + np.log(4), abs=1e-9)


@pytest.mark.parametrize("deviation", [0.02, 0.06, 0.2, 1.0])
def test_the_density_on_an_arc_is_the_integral_along_it(deviation: float) -> None:
    for y in np.random.default_rng(1).uniform(-1.2, 1.2, (6, 2)):
        for density, last in ((log_density_on_half_circle, np.pi), (log_density_on_circle, 2 * np.pi)):

            def near(angle: float, y: np.ndarray = y) -> float:
                squares = (y[0] - np.cos(angle)) ** 2 + (y[1] - np.sin(angle)) ** 2
                return np.exp(-squares / (2 * deviation**2)) / (2 * np.pi * deviation**2)

            peak = np.arctan2(y[1], y[0]) % (2 * np.pi)
            split = [peak] if 0 < peak < last else None
            expected = quad(near, 0.0, last, points=split, epsabs=0, epsrel=1e-12, limit=2000)[0] / last
            assert np.exp(density(y[np.newaxis], 1.0, deviation)[0]) == pytest.approx(expected, rel=1e-7, abs=1e-200)


def test_a_point_behind_a_half_circle_is_as_near_to_both_its_ends() -> None:
    middle, aside = log_density_on_half_circle(np.array([[0.0, -1.0], [1e-4, -1.0]]), 1.0, 0.1)
    assert middle == pytest.approx(aside, abs=1e-3)


def test_without_noise_moons_lie_on_their_arcs_and_have_no_density() -> None:
    still = Moons(noise=0.0)
    ys, labels = still.draw(500, np.random.default_rng(0))
    upper, lower = ys[labels == 0] - (-1.0, -0.2), ys[labels == 1] - (1.0, 0.8)
    np.testing.assert_allclose(np.hypot(*upper.T), 2.0)
    np.testing.assert_allclose(np.hypot(*lower.T), 2.0)
    assert upper[:, 1].min() >= 0 >= lower[:, 1].max()
    assert still.log_density(ys) is still.entropy is None


def test_annuli_are_spread_evenly_over_a_disc_and_a_ring() -> None:
    radii, labels = drawn(Annuli(noise=0.0))
    inner, outer = radii[labels == 0], radii[labels == 1]
    assert inner.max() <= 0.5
    assert outer.min() >= 1.0
    assert outer.max() <= 1.5
    assert np.mean(inner < 0.25) == pytest.approx(0.25, abs=0.02)  # a quarter of the area
    assert np.mean(outer < 1.25) == pytest.approx((1.25**2 - 1) / (1.5**2 - 1), abs=0.02)


def test_circles_have_radii_one_and_a_half() -> None:
    radii, labels = drawn(Circles(noise=0.0))
    np.testing.assert_allclose(radii, np.where(labels == 0, 1.0, 0.5))


def test_there_are_as_many_blobs_as_set() -> None:
    ys, labels = Blobs(blobs=5, noise=0.1).draw(5000, np.random.default_rng(0))
    for k, centre in enumerate(Blobs(blobs=5).centres):
        np.testing.assert_allclose(ys[labels == k].mean(0), centre, atol=0.03)


def test_spirals_go_around_as_often_as_set_and_mirror_each_other() -> None:
    radii, _ = drawn(TwoSpirals(noise=0.0, turns=2.0))
    assert radii.max() == pytest.approx(4 * np.pi / 3, abs=0.01)
    ys, labels = TwoSpirals(noise=0.0).draw(4000, np.random.default_rng(0))
    angle = 3 * np.hypot(*ys[labels == 0].T)
    np.testing.assert_allclose(ys[labels == 0], np.stack([-np.cos(angle), np.sin(angle)], -1) * angle[:, None] / 3)
    angle = 3 * np.hypot(*ys[labels == 1].T)
    np.testing.assert_allclose(ys[labels == 1], np.stack([np.cos(angle), -np.sin(angle)], -1) * angle[:, None] / 3)
