"""The phase plane: what the pointer means, what is drawn, what survives."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication

from nodeviz.experiment import ViewSettings
from nodeviz.tasks.picture import Cloud, Picture
from nodeviz.ui import theme
from nodeviz.ui.plots.phase_plane import PhasePlane

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
HOME = (-2.0, 2.0, -1.5, 1.5)


@pytest.fixture
def plane(qtbot, qapp):
    theme.apply(qapp, "dark")
    plane = PhasePlane(particles=400)
    qtbot.addWidget(plane)
    plane.resize(700, 520)
    plane.show()
    plane.set_extent(HOME)
    QApplication.processEvents()
    return plane


@pytest.fixture
def answering(plane):
    """A plane whose owner does as it is asked."""
    starts = []

    def place(x, y):
        starts.append((x, y))
        plane.set_view(ViewSettings(starts=tuple(starts)))

    def move(index, x, y):
        starts[index] = (x, y)
        plane.set_view(ViewSettings(starts=tuple(starts)))

    def remove(index):
        del starts[index]
        plane.set_view(ViewSettings(starts=tuple(starts)))

    plane.startPlaced.connect(place)
    plane.startMoved.connect(move)
    plane.startDropped.connect(move)
    plane.startRemoved.connect(remove)
    plane.starts_of_owner = starts
    return plane


def rotation(extent, count=16):
    x, y = np.linspace(*extent[:2], count), np.linspace(*extent[2:], count)
    x, y = np.meshgrid(x, y, indexing="ij")
    return np.stack([-y, x], axis=-1).astype(np.float32)


def circle(radius=1.0, count=100):
    angle = np.linspace(0, 2 * np.pi, count)
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def pixel_of(plane, x, y) -> QPoint:
    return plane.canvas.mapFromScene(plane.box.mapViewToScene(QPointF(x, y)))


def click(qtbot, plane, x, y, button=LEFT):
    qtbot.mouseClick(plane.canvas.viewport(), button, pos=pixel_of(plane, x, y))


def drag(qtbot, plane, begin, end, steps=6):
    viewport = plane.canvas.viewport()
    first, last = pixel_of(plane, *begin), pixel_of(plane, *end)
    qtbot.mousePress(viewport, LEFT, pos=first)
    for step in range(1, steps + 1):
        qtbot.wait(12)  # pyqtgraph passes on a hundred moves a second
        qtbot.mouseMove(viewport, pos=first + (last - first) * step / steps)
    qtbot.mouseRelease(viewport, LEFT, pos=last)


def fill(plane):
    ts = np.linspace(0, 1, 100)
    truth = np.stack([circle(), circle(0.5)], axis=1)
    plane.set_target(ts, truth, truth + 0.01)
    plane.set_portrait(rotation(plane.extent), plane.extent)
    plane.set_learnt([circle(0.9), circle(0.45)], [ts, ts])
    plane.set_view(ViewSettings(starts=((0.2, 0.3),), arrows=True))
    plane.set_user(((0.2, 0.3),), [circle(0.36)], [ts])
    plane.set_time(0.25)


def test_a_click_places_a_start_where_it_points(qtbot, plane):
    with qtbot.waitSignal(plane.startPlaced) as placed:
        click(qtbot, plane, 0.5, -0.75)
    assert placed.args == pytest.approx([0.5, -0.75], abs=plane.box.pixel())
    assert plane.handles.points[0] == pytest.approx((0.5, -0.75), abs=plane.box.pixel())


def test_a_click_on_a_start_places_no_other(qtbot, answering):
    click(qtbot, answering, 0.5, 0.5)
    QApplication.processEvents()
    click(qtbot, answering, 0.5 + 4 * answering.box.pixel(), 0.5)
    assert len(answering.starts_of_owner) == 1


def test_dragging_a_start_tells_all_the_way_and_where_it_is_dropped(qtbot, answering):
    click(qtbot, answering, 0.0, 0.0)
    moved, dropped, extent = [], [], answering.extent
    answering.startMoved.connect(lambda *where: moved.append(where))
    answering.startDropped.connect(lambda *where: dropped.append(where))
    drag(qtbot, answering, (0.0, 0.0), (1.0, 0.5))
    assert len(moved) >= 3 and all(index == 0 for index, _, _ in moved)
    assert len(dropped) == 1
    assert dropped[0][1:] == pytest.approx((1.0, 0.5), abs=3 * answering.box.pixel())
    assert answering.extent == extent


def test_a_drag_from_a_start_of_the_data_places_one_there_and_moves_it_and_the_plane_stays(qtbot, answering):
    ts, extent = np.linspace(0, 1, 100), answering.extent
    answering.set_target(ts, circle()[:, None], circle()[:, None])
    placed = []
    answering.startPlaced.connect(lambda *where: placed.append(where))
    drag(qtbot, answering, (1.0 + 4 * answering.box.pixel(), 0.0), (0.2, 0.5))
    assert placed == [(1.0, 0.0)]
    assert answering.starts_of_owner == [pytest.approx((0.2, 0.5), abs=3 * answering.box.pixel())]
    assert answering.extent == extent
    assert answering.origins.getData()[0] == pytest.approx([1.0]), "the data are as they were"


def test_a_start_of_the_data_grows_under_the_pointer_and_a_hidden_one_is_nothing_to_drag_from(qtbot, answering):
    answering.set_target(np.linspace(0, 1, 100), circle()[:, None], circle()[:, None])
    sizes = []
    for place in (QPointF(0.3, 0.3), QPointF(1.0, 0.0), None):
        answering.box.hovered.emit(place)
        sizes.append((answering.origins.points()[0].size(), answering.box.cursor().shape()))
    (far, cross), (near, hand), (left, _) = sizes
    assert near > far == left and hand == Qt.CursorShape.OpenHandCursor != cross
    answering.set_view(ViewSettings(target=False, learnt=False))
    before = answering.extent
    drag(qtbot, answering, (1.0, 0.0), (0.2, 0.5))
    assert answering.starts_of_owner == [] and answering.extent != before


def test_an_old_answer_does_not_tear_a_dragged_start_from_the_pointer(plane):
    plane.set_view(ViewSettings(starts=((0.0, 0.0), (1.0, 1.0))))
    plane.handles.dragged = 1
    plane.handles.move(1, (0.7, 0.7))
    plane.set_view(ViewSettings(starts=((0.0, 0.1), (1.0, 1.0))))
    assert plane.handles.points == [(0.0, 0.1), (0.7, 0.7)]


def test_dragging_empty_space_pans_by_as_much(qtbot, plane):
    before = plane.extent
    drag(qtbot, plane, (0.0, 0.0), (0.5, 0.25))
    after = plane.extent
    assert after.x_min - before.x_min == pytest.approx(-0.5, abs=8 * plane.box.pixel())
    assert after.y_min - before.y_min == pytest.approx(-0.25, abs=8 * plane.box.pixel())
    assert after.width == pytest.approx(before.width)
    assert plane.handles.points == []


def test_the_wheel_zooms_about_the_pointer(plane):
    spot = pixel_of(plane, 1.0, 0.5)
    before = plane.extent
    viewport = plane.canvas.viewport()
    event = QWheelEvent(
        QPointF(spot),
        QPointF(viewport.mapToGlobal(spot)),
        QPoint(),
        QPoint(0, 240),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewport, event)
    assert plane.extent.width < before.width
    assert (pixel_of(plane, 1.0, 0.5) - spot).manhattanLength() <= 2


def test_a_double_click_shows_everything_again_and_takes_its_first_click_back(qtbot, answering):
    whole = answering.extent
    answering.box.zoom(0.25)
    assert answering.extent.width < whole.width
    x, y = 0.05, 0.05
    click(qtbot, answering, x, y)
    spot = pixel_of(answering, x, y)
    qtbot.mouseDClick(answering.canvas.viewport(), LEFT, pos=spot)
    qtbot.mouseRelease(answering.canvas.viewport(), LEFT, pos=spot)
    assert answering.extent == pytest.approx(whole)
    assert answering.starts_of_owner == [] and answering.handles.points == []


def test_a_right_click_removes_a_start_and_its_curve_at_once(qtbot, answering):
    for x in (-1.0, 1.0):
        click(qtbot, answering, x, 0.0)
        QApplication.processEvents()
    answering.set_user(tuple(answering.starts_of_owner), [circle(0.2), circle(0.4)])
    with qtbot.waitSignal(answering.startRemoved) as removed:
        click(qtbot, answering, -1.0, 0.0, RIGHT)
    assert removed.args == [0]
    assert len(answering.handles.points) == 1 and len(answering.user.curves) == 1
    np.testing.assert_array_equal(answering.user.curves[0], circle(0.4))


def test_delete_removes_the_start_that_was_placed_last(qtbot, answering):
    for x in (-1.0, 1.0):
        click(qtbot, answering, x, 0.0)
        QApplication.processEvents()
    qtbot.keyClick(answering.canvas, Qt.Key.Key_Delete)
    assert [round(x) for x, _ in answering.starts_of_owner] == [-1]


def test_arrow_keys_move_the_active_start_and_else_the_view(qtbot, answering):
    before = answering.extent
    qtbot.keyClick(answering.canvas, Qt.Key.Key_Right)
    assert answering.extent.x_min > before.x_min
    click(qtbot, answering, 0.0, 0.0)
    x = answering.starts_of_owner[0][0]
    qtbot.keyClick(answering.canvas, Qt.Key.Key_Right)
    assert answering.starts_of_owner[0][0] > x


def test_plus_and_minus_zoom_and_undo_each_other(qtbot, plane):
    before = plane.extent
    qtbot.keyClick(plane.canvas, Qt.Key.Key_Plus)
    assert plane.extent.width == pytest.approx(0.8 * before.width)
    qtbot.keyClick(plane.canvas, Qt.Key.Key_Minus)
    assert plane.extent == pytest.approx(before)


def test_keys_of_the_window_are_left_to_it(plane):
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QKeyEvent

    for key in (Qt.Key.Key_Space, Qt.Key.Key_S, Qt.Key.Key_R, Qt.Key.Key_Home, Qt.Key.Key_1):
        event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier)
        plane.pointer.key(event)
        assert not event.isAccepted()


def test_the_aspect_is_equal_at_any_shape_and_the_extent_is_all_there(qtbot, plane):
    for size in ((700, 520), (300, 700), (900, 200)):
        plane.resize(*size)
        plane.reset_view()
        QApplication.processEvents()
        extent = plane.extent
        assert extent.width / plane.box.width() == pytest.approx(extent.height / plane.box.height(), rel=1e-3)
        slack = 1e-6
        assert extent.x_min <= HOME[0] + slack and extent.x_max >= HOME[1] - slack
        assert extent.y_min <= HOME[2] + slack and extent.y_max >= HOME[3] - slack


def test_what_is_visible_is_told_when_it_changes_and_only_then(qtbot, plane):
    told = []
    plane.extentChanged.connect(told.append)
    plane.box.zoom(0.5)
    assert told and told[-1] == tuple(plane.extent)
    count = len(told)
    plane.set_view(ViewSettings())
    plane.tick(0.016)
    assert len(told) == count


def test_all_that_is_drawn_knows_the_view_of_the_moment(plane):
    fill(plane)
    points = np.random.default_rng(0).uniform(-9, 9, (40, 2)).astype(np.float32)
    plane.set_sample(points, np.zeros(40, int))
    plane.set_learnt([circle(0.9)], None, None, [circle(0.9, 5)])
    plane.set_picture(
        Picture(cloud=Cloud(np.array([0.0, 1.0]), np.stack([points, points]), np.zeros(40, np.uint8))), HOME
    )
    plane.grab_image()
    plane.set_extent((-8.0, 8.0, -6.0, 6.0))
    QApplication.processEvents()
    layers = ["SampleLayer", "CloudLayer", "LayerSteps", "ParticleLayer", "StartHandles", "CurveFamily", "HeatMap"]
    views = {type(item).__name__: item.viewRect() for item in plane.box.allChildren() if hasattr(item, "viewRect")}
    assert {name: views[name] for name in layers} == dict.fromkeys(layers, plane.box.viewRect())


def test_particles_move_with_ticks_and_rest_when_hidden(plane):
    fill(plane)
    plane.tick(0.016)
    before = plane.particle_layer._swarm.particles.points.copy()
    plane.tick(0.016)
    moved = plane.particle_layer._swarm.particles.points.copy()
    assert not np.array_equal(moved, before)
    plane.hide()
    plane.tick(0.016)
    np.testing.assert_array_equal(plane.particle_layer._swarm.particles.points, moved)


def test_less_detail_is_fewer_particles(plane):
    fill(plane)
    plane.tick(0.016)
    assert plane.particle_layer.count == 400
    plane.set_detail(0.25)
    plane.tick(0.016)
    assert plane.particle_layer.count == 100


def test_the_marks_stand_on_their_curves_at_the_time(plane):
    fill(plane)
    xs, ys = plane.marks.getData()
    assert len(xs) == 5  # two targets, two learnt, one of the user's
    np.testing.assert_allclose(np.hypot(xs, ys), [1.0, 0.5, 0.36, 0.9, 0.45], atol=5e-3)
    np.testing.assert_allclose(np.arctan2(ys, xs), np.pi / 2, atol=0.05)
    plane.set_time(None)
    assert len(plane.marks.getData()[0]) == 0


def test_curves_are_named_at_their_ends_and_the_names_do_not_overlap(plane):
    fill(plane)
    assert plane.labels.texts == ["target", "learnt"]
    first, second = (item.mapRectToScene(item.boundingRect()) for item in plane.labels._items[:2])
    assert not first.intersects(second)


def test_layers_are_bright_with_the_flow_faint_behind_them_and_both_are_named(plane):
    ts, labels, flow = np.linspace(0, 1, 100), np.array([0, 1]), [circle(0.9), circle(0.45)]
    plane.set_classes(2)

    def far_from_its_colour(x, y):
        QApplication.processEvents()
        pixel, ink = plane.grab_image().pixelColor(pixel_of(plane, x, y)), QColor(plane.learnt.colour(0))
        return max(abs(pixel.red() - ink.red()), abs(pixel.green() - ink.green()), abs(pixel.blue() - ink.blue()))

    on_the_flow, between_layers = (0.9 / np.sqrt(2), 0.9 / np.sqrt(2)), (0.45, 0.45)
    plane.set_learnt(flow, [ts, ts], labels)
    assert far_from_its_colour(*on_the_flow) < 40 < far_from_its_colour(*between_layers)
    plane.set_learnt(flow, [ts, ts], labels, [circle(0.9, 5), circle(0.45, 5)])
    assert far_from_its_colour(*between_layers) < 40 < far_from_its_colour(*on_the_flow)
    assert plane.labels.texts == ["class 1", "class 2", "ODE"]
    plane.set_learnt(flow, [ts, ts], labels)
    assert far_from_its_colour(*on_the_flow) < 40 and plane.labels.texts == ["class 1", "class 2"]


def test_between_two_layers_the_mark_is_on_the_straight_way(plane):
    ts = np.linspace(0, 1, 100)
    plane.set_learnt([circle(0.9)], [ts], None, [circle(0.9, 5)])
    plane.set_time(0.125)
    xs, ys = plane.marks.getData()
    np.testing.assert_allclose([xs, ys], [[0.45], [0.45]], atol=1e-9)


def test_the_view_settings_show_and_hide(plane):
    fill(plane)
    off = ViewSettings(background="none", arrows=False, particles=False, target=False, data=False, learnt=False)
    plane.set_view(off)
    items = (plane.heat_map, plane.arrows, plane.particle_layer, plane.target, plane.observed, plane.learnt)
    assert not any(item.isVisible() for item in items)
    assert plane.labels.texts == []
    plane.set_view(ViewSettings(arrows=True))
    assert all(item.isVisible() for item in items)


def test_a_theme_switch_changes_every_pen(plane, qapp):
    fill(plane)
    dark = plane.grab_image()
    theme.apply(qapp, "light")
    assert plane.learnt.colour(0) == theme.LIGHT.learnt
    assert plane.target.opts["pen"].color().name() == theme.LIGHT.ghost
    assert plane.arrows.opts["pen"].color().name() == theme.LIGHT.arrow
    assert plane.canvas.backgroundBrush().color().name() == theme.LIGHT.panel
    light = plane.grab_image()
    assert light.pixelColor(4, 4).lightness() > dark.pixelColor(4, 4).lightness() + 100
    theme.apply(qapp, "dark")


def test_diverged_short_and_missing_curves_break_nothing(plane):
    broken = circle()
    broken[40:] = np.nan
    plane.set_target(np.linspace(0, 1, 3), np.zeros((3, 1, 2)), np.full((3, 1, 2), np.nan))
    plane.set_portrait(np.full((8, 8, 2), np.nan, np.float32), plane.extent)
    for curves in ([broken], [np.array([[0.0, 0.0]])], [np.zeros((0, 2))], [np.full((5, 2), np.inf)], []):
        plane.set_learnt(curves)
        plane.set_user([(0.0, 0.0)] * len(curves), curves)
        plane.set_time(0.5)
        plane.tick(0.016)
        plane.grab()


def test_a_field_at_rest_and_one_that_explodes_are_drawn(plane):
    for scale in (0.0, 1e-30, 1e30):
        plane.set_portrait(scale * rotation(plane.extent), plane.extent)
        plane.tick(0.016)
        plane.grab()


def test_any_size_can_be_drawn(plane):
    fill(plane)
    for size in ((1, 1), (30, 20), (60, 400), (1600, 1200)):
        plane.resize(*size)
        QApplication.processEvents()
        plane.tick(0.016)
        plane.grab()


def test_a_cleared_portrait_leaves_curves_alone(plane):
    fill(plane)
    plane.clear_portrait()
    plane.tick(0.016)
    assert plane.particle_layer.count == 0 and plane.heat_map.levels is None
    assert len(plane.learnt.curves) == 2


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0, 3.3])
def test_a_picture_has_the_size_that_was_asked_for_and_leaves_the_plane_as_it_was(plane, tmp_path, scale):
    fill(plane)
    caches = [item.cacheMode() for item in plane.canvas.scene().items()]
    image = plane.grab_image(scale)
    assert (image.width(), image.height()) == (round(scale * 700), round(scale * 520))
    assert image.save(str(tmp_path / "plane.png")) and QImage(str(tmp_path / "plane.png")).size() == image.size()
    assert [item.cacheMode() for item in plane.canvas.scene().items()] == caches


def test_a_picture_of_twice_the_scale_has_lines_of_twice_the_width(plane):
    plane.set_learnt([np.array([[-1.0, 0.0], [1.0, 0.0]])])
    orange = theme.DARK.learnt
    widths = []
    for scale in (2.0, 4.0):
        image = plane.grab_image(scale)
        column = pixel_of(plane, 0.5, 0.0).x() * scale
        colours = [image.pixelColor(int(column), row).name() for row in range(image.height())]
        widths.append(colours.count(orange))
    assert widths[1] == pytest.approx(2 * widths[0], abs=2) and widths[0] >= 3


def test_a_picture_too_large_is_refused_with_the_size_it_would_have(plane):
    with pytest.raises(ValueError, match="70000 × 52000"):
        plane.grab_image(100.0)


def test_the_svg_is_xml_with_the_curves_as_paths_and_the_axes_named(plane, tmp_path):
    fill(plane)
    plane.write_svg(tmp_path / "plane.svg")
    root = ElementTree.parse(tmp_path / "plane.svg").getroot()
    assert root.tag.endswith("svg") and root.get("viewBox") == "0 0 700 520"
    strokes = {element.get("stroke") for element in root.iter() if element.get("stroke")}
    assert theme.DARK.learnt in strokes and theme.DARK.ghost in strokes
    texts = {element.text for element in root.iter() if element.tag.endswith("text")}
    assert {"x", "y", "target", "learnt"} <= {text.strip() for text in texts if text}


def test_writing_where_nothing_can_be_written_says_so(plane, tmp_path):
    with pytest.raises(OSError):
        plane.write_svg(tmp_path / "missing" / "plane.svg")


def test_a_field_that_changes_all_the_time_is_mapped_a_few_times_a_second_and_the_last_one_always(plane):
    plane.set_portrait(rotation(plane.extent), plane.extent)
    drawn = []
    for frame in range(60):
        plane.set_portrait((1 + frame) * rotation(plane.extent), plane.extent)
        plane.tick(1 / 60)
        drawn.append(plane.heat_map.levels)
    assert 5 <= len(set(drawn)) <= 15
    for _ in range(10):
        plane.tick(1 / 60)
    assert plane.heat_map._waiting is None


def test_a_map_that_moves_with_the_view_is_drawn_at_once(plane):
    plane.set_portrait(rotation(plane.extent), plane.extent)
    plane.box.zoom(0.5)
    plane.set_portrait(5 * rotation(plane.extent), plane.extent)
    assert plane.heat_map._waiting is None


def test_no_black_rim_where_the_map_ends_between_two_pixels(plane, qapp):
    theme.apply(qapp, "light")
    part = (-1.0137, 1.0241, -0.517, 0.733)
    plane.set_portrait(rotation(part), part)
    plane.set_view(ViewSettings(particles=False, target=False, data=False, learnt=False))
    image = plane.grab().toImage()
    left = plane.canvas.viewport().geometry().left() + int(plane.box.mapToScene(QPointF(0, 0)).x()) + 2
    row = image.height() // 3
    assert min(image.pixelColor(x, row).lightness() for x in range(left, image.width() - 2)) > 150
    theme.apply(qapp, "dark")


def test_many_trajectories_of_the_user_step_back_but_the_last_placed_stays_bright(plane):
    def pens(count):
        starts = tuple((0.1 * place, 0.1) for place in range(count))
        plane.set_view(ViewSettings(starts=starts))
        plane.set_user(starts, [circle(0.3 + 0.01 * place) for place in range(count)])
        families = [family._flow._families[0].opts["pen"] for family in (plane.user._others, plane.user._newest)]
        return [(pen.widthF(), pen.color().lightness()) for pen in families]

    (few, newest_of_few), (many, newest_of_many) = pens(3), pens(40)
    assert few == newest_of_few == newest_of_many
    assert many[0] < few[0] and many[1] < few[1]
    plane.set_view(ViewSettings(starts=plane.handles.points[:2]))
    assert len(plane.user.curves) == 2
