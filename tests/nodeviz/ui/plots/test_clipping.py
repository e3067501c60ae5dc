"""Lines are cut where the view ends, in pictures whose viewers do not clip."""

import re

import numpy as np
import pytest

from nodeviz.ui.plots.clipping import clipped
from nodeviz.ui.plots.phase_plane import PhasePlane
from nodeviz.ui.plots.velocity_grid import Extent

SQUARE = Extent(0.0, 1.0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("begin", "end", "wanted"),
    [
        ((0.2, 0.2), (0.8, 0.4), [(0.2, 0.2, 0.8, 0.4)]),
        ((-1.0, 0.5), (2.0, 0.5), [(0.0, 0.5, 1.0, 0.5)]),
        ((0.5, -3.0), (0.5, 0.5), [(0.5, 0.0, 0.5, 0.5)]),
        ((-1.0, 0.5), (0.5, 2.0), []),
        ((2.0, 0.0), (2.0, 1.0), []),
        ((-1.0, -1.0), (2.0, 2.0), [(0.0, 0.0, 1.0, 1.0)]),
    ],
)
def test_a_piece_is_cut_to_what_is_inside(begin, end, wanted):
    found = clipped(np.array([begin], float), np.array([end], float), SQUARE)
    np.testing.assert_allclose(found, np.array(wanted).reshape(-1, 4), atol=1e-12)


def test_nothing_in_an_exported_svg_lies_beyond_the_plane(qtbot, qapp, tmp_path):
    plane = PhasePlane(particles=10)
    qtbot.addWidget(plane)
    plane.resize(500, 400)
    plane.show()
    plane.set_extent((-1.0, 1.0, -1.0, 1.0))
    way = np.linspace(0.0, 50.0, 40)
    plane.set_learnt([np.stack([way, 0.3 * way], axis=1)])
    plane.write_svg(tmp_path / "plane.svg")
    drawn = re.findall(r'<polyline[^>]*points="([^"]*)"', (tmp_path / "plane.svg").read_text())
    numbers = [float(number) for points in drawn for number in re.findall(r"-?[\d.]+(?:e[+-]?\d+)?", points)]
    assert numbers and max(numbers) <= 502, "the picture's width; the curve goes on to fifty times that"
