"""Particles: they follow the field and stay in the picture; what they draw stays where it was drawn."""

import numpy as np
import pytest

from nodeviz.ui.plots.particles import LIFE, Particles
from nodeviz.ui.plots.swarm import Swarm
from nodeviz.ui.plots.trails import BRIGHTNESS, HALF_LIFE, TrailBuffer
from nodeviz.ui.plots.velocity_grid import Extent, VelocityGrid

SQUARE = Extent(-1.0, 1.0, -1.0, 1.0)


def grid_of(field, extent=SQUARE, count=33):
    x, y = np.linspace(*extent[:2], count), np.linspace(*extent[2:], count)
    return VelocityGrid(np.stack(field(*np.meshgrid(x, y, indexing="ij")), axis=-1).astype(np.float32), extent)


ROTATION = grid_of(lambda x, y: (-y, x))


def test_particles_follow_a_rotation_for_a_full_turn():
    particles = Particles(500)
    particles.scatter(SQUARE.widened(-0.2))
    begun = particles.points.copy()
    inside = np.abs(begun) < 0.9
    steps = 400
    for _ in range(steps):
        particles.advance(ROTATION, 2 * np.pi / steps, 1e-9, SQUARE)
    assert inside.sum() > 100
    assert np.abs(particles.points - begun)[inside].max() < 2e-3


def test_particles_stay_within_bounds_and_every_one_is_finite():
    outward = grid_of(lambda x, y: (5 * x, 5 * y))
    particles = Particles(2000)
    particles.scatter(SQUARE)
    for _ in range(200):
        particles.advance(outward, 0.05, 0.016, SQUARE)
        assert np.isfinite(particles.points).all()
        assert np.abs(particles.points.real).max() <= 1 + 1e-6
        assert np.abs(particles.points.imag).max() <= 1 + 1e-6


def test_a_sink_does_not_collect_all_particles():
    sink = grid_of(lambda x, y: (-4 * x, -4 * y))
    particles = Particles(4000)
    particles.scatter(SQUARE)
    for _ in range(int(3 * LIFE[1] * 60)):
        particles.advance(sink, 1 / 60, 1 / 60, SQUARE)
    assert np.mean(np.abs(particles.points) > 0.5) > 0.05


def test_the_same_seed_gives_the_same_particles():
    first, second = Particles(50, seed=3), Particles(50, seed=3)
    for particles in (first, second):
        particles.scatter(SQUARE)
        particles.advance(ROTATION, 0.1, 0.1, SQUARE)
    np.testing.assert_array_equal(first.points, second.points)


def test_fewer_particles_are_the_first_of_those_there_were_and_more_are_born_inside():
    particles = Particles(100)
    particles.scatter(SQUARE)
    kept = particles.points[:40].copy()
    particles.resize(40, SQUARE)
    np.testing.assert_array_equal(particles.points, kept)
    particles.resize(90, SQUARE)
    np.testing.assert_array_equal(particles.points[:40], kept)
    assert np.abs(particles.points.real).max() <= 1


def test_a_trail_ends_up_at_its_point_and_keeps_all_its_light():
    trails = TrailBuffer(40, 20, Extent(0.0, 40.0, 0.0, 20.0))
    trails.draw(np.array([10.0 + 15.5j], np.complex64), np.array([11.0 + 15.5j], np.complex64))
    row, column = np.unravel_index(trails.pixels(np.arange(256, dtype=np.uint32)).argmax(), (20, 40))
    assert (row, column) == (4, 10)
    assert trails._light.sum() == pytest.approx(BRIGHTNESS, rel=0.01)


def test_a_trail_is_half_as_bright_after_its_half_life():
    trails = TrailBuffer(40, 20, Extent(0.0, 40.0, 0.0, 20.0))
    trails.draw(np.array([10.0 + 15.5j], np.complex64), np.array([11.0 + 15.5j], np.complex64))
    before = trails._light.sum()
    trails.fade(HALF_LIFE)
    assert trails._light.sum() == pytest.approx(before / 2)


def test_panning_carries_trails_along():
    trails = TrailBuffer(40, 20, Extent(0.0, 40.0, 0.0, 20.0))
    trails._light[4, 10] = 100.0
    trails.move(Extent(5.0, 45.0, 2.0, 22.0))
    assert trails._light[6, 5] == 100.0
    assert np.count_nonzero(trails._light) == 1


def test_zooming_in_twice_doubles_trails_about_the_middle():
    trails = TrailBuffer(40, 20, Extent(0.0, 40.0, 0.0, 20.0))
    trails._light[:] = np.arange(20)[:, None]
    trails.move(Extent(10.0, 30.0, 5.0, 15.0))
    np.testing.assert_array_equal(trails._light[:, 0], 5 + np.arange(20) // 2)


def test_particles_beyond_the_picture_draw_nothing_and_break_nothing():
    trails = TrailBuffer(4, 4, SQUARE)
    far = np.array([1e6 + 1e6j, -5 - 5j], np.complex64)
    trails.draw(far, far + 1)
    assert not trails._light.any()


def test_a_swarm_fills_its_room_up_to_its_most_and_a_share_is_a_share():
    swarm, trails = Swarm(ROTATION, most=1000), TrailBuffer(400, 300, SQUARE)
    swarm.advance(trails, 1 / 60)
    assert swarm.particles.count == 1000
    swarm.advance(trails, 1 / 60, share=0.25)
    assert swarm.particles.count == 250
    small = TrailBuffer(40, 30, SQUARE)
    swarm.advance(small, 1 / 60)
    assert 1 <= swarm.particles.count < 100


def test_a_swarm_outside_its_field_rests():
    swarm, trails = Swarm(ROTATION, most=100), TrailBuffer(40, 30, Extent(5.0, 6.0, 5.0, 6.0))
    swarm.advance(trails, 1 / 60)
    assert not trails._light.any()
