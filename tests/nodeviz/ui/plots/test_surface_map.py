"""Surfaces: the boundary lies where the likeliest class changes, densities between levels; lines follow their level."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from nodeviz.experiment import ViewSettings
from nodeviz.tasks.picture import Figure, Picture, Surface
from nodeviz.ui import theme
from nodeviz.ui.plots.contour import level_lines
from nodeviz.ui.plots.corner_key import WIDEST
from nodeviz.ui.plots.phase_plane import PhasePlane
from nodeviz.ui.plots.ramp import contrast
from nodeviz.ui.plots.surface_map import SurfaceMap
from nodeviz.ui.plots.velocity_grid import Extent

EXTENT = Extent(-2.0, 2.0, -1.0, 1.0)
THEMES = [theme.DARK, theme.LIGHT]


def grid(count: int = 64) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.linspace(*EXTENT[:2], count), np.linspace(*EXTENT[2:], count)
    return np.meshgrid(x, y, indexing="ij")


def shown(surface: Surface, colours=theme.DARK) -> SurfaceMap:
    surface_map = SurfaceMap()
    surface_map.set_theme(colours)
    surface_map.set_surface(surface, EXTENT)
    return surface_map


def colour_at(surface_map: SurfaceMap, x: float, y: float) -> tuple[int, int, int]:
    image = surface_map._image
    across = (x - EXTENT.x_min) / EXTENT.width * (image.width() - 1)
    down = (EXTENT.y_max - y) / EXTENT.height * (image.height() - 1)
    return image.pixelColor(round(across), round(down)).getRgb()[:3]


def sides_of(steepness: float) -> Surface:
    x, _ = grid()
    chance = 1 / (1 + np.exp(np.clip(-steepness * (x - 0.3), -80, 80)))
    return Surface("classes", chance.astype(np.float32))


def test_a_level_line_follows_a_circle_and_its_pieces_are_joined():
    x, y = grid(96)
    (line,) = level_lines((x**2 + y**2).astype(np.float32), EXTENT, 0.49)
    assert np.abs(np.hypot(*line.T) - 0.7).max() < 2e-3
    np.testing.assert_allclose(line[0], line[-1], atol=1e-9, err_msg="it closes")
    turned = np.unwrap(np.arctan2(line[:, 1], line[:, 0]))
    assert abs(turned[-1] - turned[0]) == pytest.approx(2 * np.pi) and np.abs(np.diff(turned)).max() < 0.1


def test_several_lines_of_a_level_are_each_drawn_in_one_go():
    x, _ = grid()
    lines = level_lines(np.cos(np.pi * x).astype(np.float32), EXTENT, 0.0)
    assert len(lines) == 4 and {round(float(line[:, 0].mean()), 2) for line in lines} == {-1.5, -0.5, 0.5, 1.5}
    assert all(np.all(np.diff(line[:, 1]) > 0) or np.all(np.diff(line[:, 1]) < 0) for line in lines)


def test_a_level_that_is_nowhere_has_no_line_and_what_is_not_finite_breaks_nothing():
    x, _ = grid()
    assert len(level_lines(x.astype(np.float32), EXTENT, 7.0)) == 0
    holed = x.astype(np.float32)
    holed[30:34] = np.nan
    assert len(level_lines(holed, EXTENT, 0.0)) == 0
    for kind in ("classes", "density", "potential"):
        assert len(shown(Surface(kind, holed)).lines.xData) == 0


@pytest.mark.parametrize("steepness", [2.0, 20.0, 500.0])
def test_the_boundary_lies_where_the_classes_are_alike_however_steep(steepness):
    line = shown(sides_of(steepness)).lines
    assert np.abs(line.xData - 0.3).max() < EXTENT.width / 63, "within a cell of the grid that was sent"
    assert np.ptp(line.xData) < 1e-3 and np.ptp(line.yData) > 0.99 * EXTENT.height


def test_the_sides_of_a_boundary_are_told_apart_by_colour_and_not_by_a_smear():
    surface_map = shown(sides_of(2.0))
    left, right = colour_at(surface_map, 0.25, 0.0), colour_at(surface_map, 0.35, 0.0)
    assert left[2] > left[0] and right[0] > right[2], "blue on one side, orange on the other"


def test_of_several_classes_each_place_has_the_hue_of_the_likeliest_and_all_boundaries_are_lines():
    x, y = grid()
    scores = np.stack([4 * x, -4 * x + 6 * y, -4 * x - 6 * y], axis=-1)
    chances = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    surface_map = shown(Surface("classes", chances.astype(np.float32)))
    assert surface_map.levels is None
    red, _, blue = colour_at(surface_map, 1.5, 0.0)
    assert blue > red
    red, green, blue = colour_at(surface_map, -1.5, 0.8)
    assert red > blue
    ends = np.stack([surface_map.lines.xData, surface_map.lines.yData], axis=1)
    left = ends[ends[:, 0] < -0.5]
    assert len(left) and np.abs(left[:, 1]).max() < 0.02, "the second and the third meet where y is 0"


def test_a_density_goes_from_the_canvas_up_in_lightness():
    x, y = grid()
    surface_map = shown(Surface("density", np.exp(-4 * (x**2 + y**2)).astype(np.float32)))
    assert surface_map.levels is not None and surface_map.levels[0] == 0.0
    away, middle = colour_at(surface_map, 1.9, 0.9), colour_at(surface_map, 0.0, 0.0)
    canvas = tuple(int(theme.DARK.canvas[at : at + 2], 16) for at in (1, 3, 5))
    assert max(abs(a - b) for a, b in zip(away, canvas, strict=True)) <= 2 and min(middle) > max(canvas)


@pytest.mark.parametrize("colours", THEMES, ids=lambda colours: colours.name)
def test_points_of_every_class_stand_out_from_the_surface_below_them(colours):
    surface_map = shown(sides_of(2.0), colours)
    for label, place in ((0, 0), (1, -1)):
        ground = f"#{int(surface_map.ramp[place]) & 0xFFFFFF:06x}"
        assert contrast(colours.of_class(label), ground) >= 2.0
    stops = [contrast(stop, colours.density[0]) for stop in colours.density]
    assert stops == sorted(stops), "more is ever further from the canvas"


def test_what_is_hidden_is_drawn_when_it_is_shown(qtbot, qapp):
    plane = PhasePlane(particles=100)
    qtbot.addWidget(plane)
    picture = Picture(surface=sides_of(2.0), figures=(Figure("accuracy", 98.2, "%", "Of points held out."),))
    plane.set_picture(picture, EXTENT)
    assert plane.surface_map.kind is None
    plane.set_view(ViewSettings(background="surface"))
    assert plane.surface_map.kind == "classes"
    assert plane.badges.texts == ["accuracy 98.2\u00a0%"] and "held out" in plane.badges.toolTip()
    assert "accuracy" in plane.accessibleDescription()


def test_levels_come_to_rest_on_the_last_picture_without_another(qapp):
    surface_map = shown(Surface("density", np.ones((16, 16), np.float32)))
    surface_map.set_surface(Surface("density", np.full((16, 16), 0.2, np.float32)), EXTENT)
    heights = []
    for _ in range(40):
        surface_map.tick(0.05)
        heights.append(surface_map.levels[1])
    assert heights == sorted(heights, reverse=True), "gliding, not jumping"
    assert heights[0] > 0.5 and heights[-1] == pytest.approx(0.2, rel=0.03)


def test_names_of_curves_keep_clear_of_the_badges(qtbot, qapp):
    plane = PhasePlane(particles=10)
    qtbot.addWidget(plane)
    plane.resize(700, 500)
    plane.show()
    plane.set_extent(EXTENT)
    plane.set_picture(Picture(figures=(Figure("held-out accuracy", 99.0, "%"),)), EXTENT)
    badge = plane.badges.sceneBoundingRect()
    below = plane.box.mapSceneToView(badge.center())
    plane.set_learnt([np.array([[0.0, 0.0], [below.x(), below.y()]])])
    assert plane.labels.texts == ["learnt"]
    assert not plane.labels._items[0].sceneBoundingRect().intersects(badge)


def test_names_of_curves_keep_clear_of_the_key(qtbot, qapp):
    plane = PhasePlane(particles=10)
    qtbot.addWidget(plane)
    plane.resize(700, 500)
    plane.show()
    plane.set_extent(EXTENT)
    plane.set_portrait(np.ones((8, 8, 2), np.float32), EXTENT)
    plane.tick(1.0)
    key = plane.key.mapRectToScene(plane.key.ground)
    below = plane.box.mapSceneToView(key.center())
    plane.set_learnt([np.array([[0.0, 0.0], [below.x(), below.y()]])])
    assert plane.labels.texts == ["learnt"]
    assert not plane.labels._items[0].sceneBoundingRect().intersects(key)


def test_names_make_room_for_what_comes_to_lie_over_them_and_when_the_view_moves_below_it(qtbot, qapp):
    plane = PhasePlane(particles=10)
    qtbot.addWidget(plane)
    plane.resize(700, 500)
    plane.show()
    plane.set_extent(EXTENT)
    corner = plane.box.mapToView(QPointF(60.0, 20.0))
    plane.set_learnt([np.array([[0.0, 0.0], [corner.x(), corner.y()]])])
    name = plane.labels._items[0]
    plane.set_picture(Picture(figures=(Figure("held-out accuracy", 99.0, "%"),)), EXTENT)
    badge = plane.badges.sceneBoundingRect()
    assert not name.sceneBoundingRect().intersects(badge)
    for _ in range(40):  # the curve's end passes below the badge
        plane.box.translateBy(y=-2 * plane.box.pixel())
        assert not (name.isVisible() and name.sceneBoundingRect().intersects(badge))


@pytest.mark.parametrize("count", [3, 9])
def test_more_than_two_classes_have_a_key_of_their_own_beside_which_nothing_else_is_said(qtbot, qapp, count):
    plane = PhasePlane(particles=10)
    qtbot.addWidget(plane)
    plane.resize(700, 500)
    plane.show()
    plane.set_classes(count)
    plane.set_view(ViewSettings(background="surface"))
    probabilities = np.full((8, 8, count), 1 / count, np.float32)
    plane.set_picture(Picture(Surface("classes", probabilities)), EXTENT)
    assert plane.class_key.count == count and 0 < plane.class_key.width() <= WIDEST
    assert plane.key.width() == 0
    plane.grab()
    plane.set_classes(2)
    plane.set_picture(Picture(Surface("classes", probabilities[..., 0])), EXTENT)
    plane.tick(1.0)
    assert plane.class_key.count == 0 and plane.key.width() > 0
