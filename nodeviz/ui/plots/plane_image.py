"""PlaneImage: a coarse picture over a rectangle of the plane, stretched smoothly and kept until it changes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QImage, QPainter

from nodeviz.ui.plots.velocity_grid import Extent


class _Scaled(NamedTuple):
    """The picture as it was last stretched over `target`, of which `shown` is visible, on a screen of `ratio`."""

    target: QRectF
    shown: QRect
    ratio: float
    image: QImage


class PlaneImage(pg.GraphicsObject):
    """Subclasses `show_pixels` over an extent whenever these change, and may `catch_up` before they are exported."""

    def __init__(self) -> None:
        super().__init__()
        self._extent: Extent | None = None
        self._image = QImage()
        self._scaled: _Scaled | None = None

    def cover(self, extent: Extent | None) -> None:
        """Lie over `extent`; None shows nothing."""
        self.prepareGeometryChange()
        self._extent = extent
        if extent is None:
            self._image, self._scaled = QImage(), None
            self.update()

    def show_pixels(self, pixels: NDArray[np.uint32]) -> None:
        """Show 0xffRRGGBB `pixels` (nx, ny), [i, j] at (x_i, y_j)."""
        rows = np.ascontiguousarray(pixels.T[::-1])
        height, width = rows.shape
        self._image = QImage(rows.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()
        self._scaled = None
        self.update()

    def catch_up(self) -> None:
        """Show the newest there is."""

    def boundingRect(self) -> QRectF:
        if self._extent is None:
            return QRectF()
        return QRectF(self._extent.x_min, self._extent.y_min, self._extent.width, self._extent.height)

    def paint(self, painter: QPainter, *_: object) -> None:
        if self._exportOpts is not False:
            self.catch_up()
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

    def _scaled_to(self, target: QRectF, shown: QRect, ratio: float) -> QImage:
        """The part `shown` of the picture stretched over `target`, kept until the view or the picture changes."""
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
