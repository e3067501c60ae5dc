"""What the velocity is between grid points."""

import numpy as np
import pytest

from nodeviz.ui.plots.velocity_grid import Extent, VelocityGrid

EXTENT = Extent(-2.0, 3.0, -1.0, 2.0)


def sampled(field, extent=EXTENT, shape=(17, 11)):
    x, y = np.linspace(*extent[:2], shape[0]), np.linspace(*extent[2:], shape[1])
    return VelocityGrid(field(*np.meshgrid(x, y, indexing="ij")).astype(np.float32), extent)


def test_a_bilinear_field_is_reproduced_everywhere():
    grid = sampled(lambda x, y: np.stack([1 + x - 2 * y + x * y, 3 * x + y], axis=-1))
    random = np.random.default_rng(0)
    x, y = random.uniform(-2, 3, 500), random.uniform(-1, 2, 500)
    found = grid.at((x + 1j * y).astype(np.complex64))
    np.testing.assert_allclose(found.real, 1 + x - 2 * y + x * y, atol=2e-5)
    np.testing.assert_allclose(found.imag, 3 * x + y, atol=2e-5)


def test_outside_the_grid_the_velocity_of_the_edge_holds():
    grid = sampled(lambda x, y: np.stack([x, y], axis=-1))
    found = grid.at(np.array([10 + 10j, -10 - 10j], np.complex64))
    np.testing.assert_allclose(found, [3 + 2j, -2 - 1j], atol=1e-6)


def test_what_is_not_finite_counts_as_rest():
    velocity = np.full((4, 4, 2), np.nan, np.float32)
    velocity[0, 0] = np.inf
    assert not VelocityGrid(velocity, EXTENT).speeds().any()


def test_evening_out_keeps_directions_and_halves_the_logarithm_of_speeds():
    grid = sampled(lambda x, y: np.stack([np.exp(x), 0 * y], axis=-1))
    even = grid.evened(0.5)
    np.testing.assert_allclose(np.angle(even.values), np.angle(grid.values), atol=1e-6)
    ratio = np.log(even.speeds()[-1, 0] / even.speeds()[0, 0]) / np.log(grid.speeds()[-1, 0] / grid.speeds()[0, 0])
    assert ratio == pytest.approx(0.5, abs=1e-4)


def test_a_field_at_rest_can_be_evened_out():
    assert not VelocityGrid(np.zeros((3, 3, 2)), EXTENT).evened(0.5).speeds().any()


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 3), (1, 4, 2)])
def test_a_wrong_shape_is_refused_with_the_right_one(shape):
    with pytest.raises(ValueError, match=r"\(nx, ny, 2\)"):
        VelocityGrid(np.zeros(shape), EXTENT)


def test_an_extent_the_wrong_way_round_is_refused():
    with pytest.raises(ValueError, match="wrong way round"):
        VelocityGrid(np.zeros((3, 3, 2)), (1.0, -1.0, 0.0, 1.0))
