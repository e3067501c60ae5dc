"""Points on their way: where they are at a time, and how height is drawn."""

import numpy as np
import pytest

from nodeviz.experiment import ViewSettings
from nodeviz.tasks.picture import Cloud, Picture
from nodeviz.ui.plots.phase_plane import PhasePlane

TS = np.linspace(0.0, 2.0, 5)
HOME = (-2.0, 2.0, -1.5, 1.5)


def cloud(height: float | None = None) -> Cloud:
    """Two points that move evenly to the right and upwards, one of each class."""
    starts, way = np.array([[-1.0, 0.0], [0.0, -1.0]]), np.array([1.0, 0.5])
    ys = starts[None] + TS[:, None, None] / 2 * way
    if height is not None:
        ys = np.concatenate([ys, np.broadcast_to(TS[:, None, None] / 2 * height, (*ys.shape[:2], 1))], axis=-1)
    return Cloud(TS, ys.astype(np.float32), np.array([0, 1], np.uint8))


@pytest.fixture
def plane(qtbot, qapp):
    plane = PhasePlane(particles=50)
    qtbot.addWidget(plane)
    plane.resize(500, 400)
    plane.set_extent(HOME)
    plane.set_classes(2)
    plane.set_view(ViewSettings(background="none", particles=False))
    plane.show()
    return plane


@pytest.mark.parametrize(("t", "share"), [(0.0, 0.0), (0.5, 0.25), (0.9, 0.45), (2.0, 1.0), (9.0, 1.0), (-1.0, 0.0)])
def test_points_are_where_the_flow_has_carried_them(plane, t, share):
    plane.set_picture(Picture(cloud=cloud()), HOME)
    plane.set_time(t)
    np.testing.assert_allclose(plane.cloud.places(), [[-1 + share, share / 2], [share, -1 + share / 2]], atol=1e-6)


def test_height_lifts_a_point_from_its_shadow_and_can_be_switched_off(plane):
    def rise() -> int:
        image = plane.grab_image()
        lit = [y for y in range(image.height()) if _blue_in_row(image, y)]
        return min(lit)

    plane.set_picture(Picture(cloud=cloud(height=1.0)), HOME)
    plane.set_time(2.0)
    assert plane.cloud.has_height
    lifted = rise()
    plane.set_view(ViewSettings(background="none", particles=False, lift=False))
    assert lifted < rise() - 30


def test_heights_beyond_the_view_are_drawn_within_it(plane):
    plane.set_picture(Picture(cloud=cloud(height=1e4)), HOME)
    heights = plane.cloud.places()[:, 2]
    plane.set_time(2.0)
    rise = plane.cloud._rise(plane.cloud.places()[:, 2])
    assert heights.max() == 0.0 and 0 < rise[:, 1].max() <= 0.4 * (HOME[3] - HOME[2])


def test_points_that_left_for_infinity_and_an_empty_cloud_break_nothing(plane):
    gone = cloud(height=1.0)
    gone.ys[2:] = np.inf
    plane.set_picture(Picture(cloud=gone), HOME)
    plane.set_time(2.0)
    assert not plane.grab_image().isNull()
    plane.set_picture(Picture(cloud=Cloud(TS, np.zeros((5, 0, 2), np.float32), np.zeros(0, np.uint8))), HOME)
    assert not plane.grab_image().isNull()
    plane.set_picture(Picture(), HOME)
    assert len(plane.cloud.places()) == 0


def test_everything_can_be_shown_also_points_that_left_the_view(plane):
    far = cloud()
    far.ys[-1, 0] = (30.0, -7.0)
    far.ys[-1, 1] = np.inf
    plane.set_picture(Picture(cloud=far), HOME)
    plane.show_all()
    extent = plane.extent
    assert extent.x_max > 30.0 and extent.y_min < -7.0 and extent.x_max < 60.0
    plane.reset_view()
    assert plane.extent.x_max < 4.0


def _blue_in_row(image, y: int) -> bool:
    for x in range(60, image.width() - 10):
        red, _, blue, _ = image.pixelColor(x, y).getRgb()
        if blue > 150 and blue > red + 60:
            return True
    return False
