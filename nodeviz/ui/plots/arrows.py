"""Which way the field points where: arrows of one length on an even grid of the screen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nodeviz.ui.plots.stroke import LayerStroke
from nodeviz.ui.plots.velocity_grid import Extent, VelocityGrid

ACROSS = 26  # arrows along the longer side
LENGTH = 0.62  # of the distance between two arrows
BARB, ANGLE = 0.32, np.deg2rad(152)


class Arrows(LayerStroke):
    """The direction of the field as one item: shaft and two barbs an arrow, drawn in one path."""

    def __init__(self) -> None:
        super().__init__(1.0)
        self._grid: VelocityGrid | None = None
        self._visible: Extent | None = None

    def set_grid(self, grid: VelocityGrid | None) -> None:
        """The field from now on; None draws nothing."""
        self._grid = grid
        self._draw()

    def set_visible_extent(self, extent: Extent) -> None:
        """The part of the plane to cover."""
        if extent != self._visible:
            self._visible = extent
            self._draw()

    def setVisible(self, visible: bool) -> None:
        super().setVisible(visible)
        self._draw()

    def _draw(self) -> None:
        if self._grid is None or self._visible is None or not self.isVisible():
            self.setData([], [])
            return
        area = self._visible.intersected(self._grid.extent)
        if area.width <= 0 or area.height <= 0:
            self.setData([], [])
            return
        points = arrow_points(self._grid, area, max(self._visible.width, self._visible.height) / ACROSS)
        connect = np.tile(np.array([True, True, False, True, False]), points.size // 5)
        self.setData(points.real, points.imag, connect=connect, skipFiniteCheck=True)


def arrow_points(grid: VelocityGrid, area: Extent, distance: float) -> NDArray[np.complex64]:
    """Five points an arrow: tail, tip, left barb, tip, right barb. No arrow where the field rests.

    Arrows stand at multiples of `distance`, so that they stay in place while the plane is panned.
    """
    x = np.arange(np.ceil(area.x_min / distance), np.floor(area.x_max / distance) + 1) * distance
    y = np.arange(np.ceil(area.y_min / distance), np.floor(area.y_max / distance) + 1) * distance
    centres = (x[:, None] + 1j * y[None, :]).ravel().astype(np.complex64)
    velocity = grid.at(centres)
    speed = np.abs(velocity)
    moving = speed > 1e-6 * max(float(speed.max(initial=0.0)), 1e-30)
    way = velocity[moving] / speed[moving] * np.float32(LENGTH * distance)
    tip = centres[moving] + way / 2
    left, right = (tip + way * np.complex64(BARB * np.exp(1j * turn)) for turn in (ANGLE, -ANGLE))
    return np.stack([tip - way, tip, left, tip, right], axis=1).ravel().astype(np.complex64)
