"""How fast the field is where: a quiet map of |f| under everything else."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QImage, QPainter

from nodeviz.ui.plots.velocity_grid import Extent, VelocityGrid

FINE = 256  # points a side that the grid is refined to before it is coloured
PERIOD = 0.08  # seconds between pictures of a field that is being learnt: so quiet a map needs no more
EASE = 0.25  # how far the levels move towards a new picture's: training must not make the map flicker


class _Scaled(NamedTuple):
    """The map as it was last stretched over `target`, of which `shown` is visible, on a screen of `ratio`."""

    target: QRectF
    shown: QRect
    ratio: float
    image: QImage


class HeatMap(pg.GraphicsObject):
    """log |f| over the extent of its grid, in 256 colours, between levels that follow the field slowly."""

    def __init__(self) -> None:
        super().__init__()
        self._extent: Extent | None = None
        self._values: NDArray[np.float32] | None = None
        self._levels: tuple[float, float] | None = None
        self._waiting: VelocityGrid | None = None
        self._since = 0.0
        self._colours: NDArray[np.uint32] = np.zeros(256, np.uint32)
        self._image = QImage()
        self._scaled: _Scaled | None = None

    @property
    def levels(self) -> tuple[float, float] | None:
        """The speeds that the first and the last colour stand for."""
        if self._levels is None:
            return None
        low, high = np.expm1(self._levels)
        return float(low), float(high)

    def set_colours(self, colours: NDArray[np.uint32]) -> None:
        """256 opaque colours, slow to fast."""
        self._colours = colours
        self._render()

    def set_grid(self, grid: VelocityGrid | None) -> None:
        """The field from now on; None empties the map and forgets its levels."""
        self.prepareGeometryChange()
        if grid is None:
            self._extent = self._values = self._levels = self._waiting = None
            self._image, self._scaled = QImage(), None
            self.update()
            return
        moved = self._extent != grid.extent
        self._extent, self._waiting = grid.extent, grid
        if moved or self._since >= PERIOD:
            self._catch_up()

    def tick(self, seconds: float) -> None:
        """Let `seconds` pass: a field that waits is drawn when it is due."""
        self._since += seconds
        if self._since >= PERIOD:
            self._catch_up()

    def boundingRect(self) -> QRectF:
        if self._extent is None:
            return QRectF()
        return QRectF(self._extent.x_min, self._extent.y_min, self._extent.width, self._extent.height)

    def paint(self, painter: QPainter, *_: object) -> None:
        if self._exportOpts is not False:
            self._catch_up()
        if self._image.isNull():
            return
        exact = painter.worldTransform().mapRect(self.boundingRect())
        target = QRectF(exact.toAlignedRect())  # whole pixels: a rim half covered would be black
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        clip = QRectF(painter.worldTransform().mapRect(self.viewRect()).toAlignedRect())
        painter.resetTransform()
        if self._exportOpts is not False:
            visible = target.intersected(clip)  # not every viewer of SVG minds a clip path
            painter.drawImage(visible, self._image, self._part(target, visible))
        else:
            shown = target.intersected(clip).toAlignedRect()
            painter.drawImage(shown.topLeft(), self._scaled_to(target, shown, painter.device().devicePixelRatioF()))
        painter.restore()

    def _part(self, target: QRectF, shown: QRectF) -> QRectF:
        """The part of the image that falls on `shown` when all of it is stretched over `target`."""
        across, down = self._image.width() / target.width(), self._image.height() / target.height()
        x, y = (shown.x() - target.x()) * across, (shown.y() - target.y()) * down
        return QRectF(x, y, shown.width() * across, shown.height() * down)

    def _catch_up(self) -> None:
        """Draw the newest field, if it is not drawn yet."""
        if self._waiting is None:
            return
        self._values = _refined(np.log1p(self._waiting.speeds()))
        self._waiting, self._since = None, 0.0
        self._follow(self._values)
        self._render()

    def _follow(self, values: NDArray[np.float32]) -> None:
        low, high = np.quantile(values[::4, ::4], [0.02, 0.98])
        high = max(float(high), float(low) + 1e-6)
        if self._levels is None:
            self._levels = float(low), high
            return
        old_low, old_high = self._levels
        self._levels = old_low + EASE * (float(low) - old_low), old_high + EASE * (high - old_high)

    def _render(self) -> None:
        if self._values is None or self._levels is None:
            return
        low, high = self._levels
        share = (self._values - np.float32(low)) * np.float32(255.0 / (high - low))
        index = np.clip(share, 0, 255).astype(np.uint8).T[::-1]
        pixels = np.ascontiguousarray(self._colours[index])
        self._image = QImage(pixels.data, FINE, FINE, FINE * 4, QImage.Format.Format_RGB32).copy()
        self._scaled = None
        self.update()

    def _scaled_to(self, target: QRectF, shown: QRect, ratio: float) -> QImage:
        """The part `shown` of the map stretched over `target`, kept until the view or the field changes."""
        if self._scaled is not None and self._scaled[:3] == (target, shown, ratio):
            return self._scaled.image
        image = QImage(round(shown.width() * ratio), round(shown.height() * ratio), QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(target.translated(-shown.x(), -shown.y()), self._image)
        painter.end()
        self._scaled = _Scaled(target, shown, ratio, image)
        return image


def _refined(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """`values` on a grid of FINE × FINE points over the same square, by cubic convolution along each side."""
    return _refined_rows(_refined_rows(values).T).T


def _refined_rows(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, m) -> (FINE, m). Four taps instead of a matrix product: BLAS would wake its threads, and a busy machine then
    makes the frame wait for them."""
    taps = _taps(values.shape[0])
    refined = np.zeros((FINE, values.shape[1]), np.float32)
    for index, weight in zip(taps.around, taps.weight, strict=True):
        refined += weight[:, None] * values[index]
    return refined


class _Taps(NamedTuple):
    """For each fine point the four coarse ones around it, (4, FINE), and how much each counts, (4, FINE)."""

    around: NDArray[np.intp]
    weight: NDArray[np.float32]


@cache
def _taps(count: int) -> _Taps:
    """The weights of cubic convolution: R. Keys, IEEE Trans. ASSP 29(6), 1981, with a = -1/2."""
    place = np.linspace(0, count - 1, FINE)
    index = np.floor(place).astype(np.intp) + np.arange(-1, 3)[:, None]
    distance = np.abs(place - index)
    near = (1.5 * distance - 2.5) * distance**2 + 1
    far = ((-0.5 * distance + 2.5) * distance - 4) * distance + 2
    weight = np.where(distance < 1, near, np.where(distance < 2, far, 0))
    return _Taps(np.clip(index, 0, count - 1), weight.astype(np.float32))
