"""How the particles are drawn: their trails as one picture over the whole plane, blended once a frame."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from nodeviz.ui.plots.swarm import Swarm
from nodeviz.ui.plots.trails import TrailBuffer
from nodeviz.ui.plots.velocity_grid import Extent, VelocityGrid

MOST_PIXELS = 1_600_000  # of trails; a plane with more draws each of them as a square of several of its own
LONGEST_FRAME = 0.05  # seconds: after a hitch particles go on, they do not jump
STILL_FRAMES = 45  # what an exported picture lets pass, so that its trails are full


class ParticleLayer(pg.GraphicsObject):
    """Twenty thousand particles and their trails, in the coordinates of the view it is added to."""

    def __init__(self, count: int = 20_000) -> None:
        super().__init__()
        self._most, self._share = count, 1.0
        self._grid: VelocityGrid | None = None
        self._swarm: Swarm | None = None
        self._trails: TrailBuffer | None = None
        self._colours: NDArray[np.uint32] = np.zeros(256, np.uint32)
        self._pixels: NDArray[np.uint32] = np.zeros((0, 0), np.uint32)

    @property
    def count(self) -> int:
        """How many particles there are."""
        return 0 if self._swarm is None else self._swarm.particles.count

    def set_colours(self, colours: NDArray[np.uint32]) -> None:
        """256 premultiplied colours, from no trail to the brightest."""
        self._colours = colours
        self._render()

    def set_share(self, share: float) -> None:
        """Draw only this share of the particles, when frames take too long."""
        self._share = share

    def set_grid(self, grid: VelocityGrid | None) -> None:
        """The field from now on; None lets the particles vanish."""
        self._grid = grid
        if grid is None:
            self._swarm = self._trails = None
            self._pixels = np.zeros((0, 0), np.uint32)
            self.update()
        elif self._swarm is None:
            self._swarm = Swarm(grid, self._most)
        else:
            self._swarm.set_grid(grid)

    def tick(self, seconds: float) -> None:
        """Let `seconds` pass, fewer after a hitch, and draw."""
        trails = self._fitting() if self._swarm is not None and self.isVisible() else None
        if self._swarm is not None and trails is not None:
            self._swarm.advance(trails, min(seconds, LONGEST_FRAME), self._share)
            self._render()

    def still(self, width: int, height: int) -> QImage:
        """A picture of `width` × `height` pixels with full trails; the live particles stay as they are."""
        visible = self._visible()
        if self._grid is None or visible is None:
            return QImage()
        swarm, trails = Swarm(self._grid, self._most), TrailBuffer(width, height, visible)
        for _ in range(STILL_FRAMES):
            swarm.advance(trails, 1 / 60)
        return _image(trails.pixels(self._colours)).copy()

    def boundingRect(self) -> QRectF:
        view = self.getViewBox()
        return QRectF() if view is None else view.viewRect()

    def viewTransformChanged(self) -> None:
        super().viewTransformChanged()
        self.prepareGeometryChange()

    def paint(self, painter: QPainter, *_: object) -> None:
        if self._grid is None:
            return
        extent = self._grid.extent
        known = QRectF(extent.x_min, extent.y_min, extent.width, extent.height)
        target = painter.worldTransform().mapRect(self.boundingRect())
        painter.save()
        painter.setClipRect(known, Qt.ClipOperation.IntersectClip)  # beyond, the velocity is a guess
        painter.resetTransform()
        if self._exportOpts is not False:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(target, self.still(max(2, round(target.width())), max(2, round(target.height()))))
        elif self._pixels.size:
            image = _image(self._pixels)
            image.setDevicePixelRatio(self._ratio())  # pixel for pixel: scaled it would take ten times as long
            painter.drawImage(QPointF(target.topLeft().toPoint()), image)
        painter.restore()

    def _fitting(self) -> TrailBuffer | None:
        """The trails for what is visible now, carried along when that has moved."""
        visible, (width, height), coarse = self._visible(), self._size(), self._coarseness()
        if visible is None:
            return None
        across, down = -(-width // coarse), -(-height // coarse)
        right = visible.x_min + visible.width * (across * coarse / width)
        bottom = visible.y_max - visible.height * (down * coarse / height)
        extent = Extent(visible.x_min, right, bottom, visible.y_max)
        if self._trails is None or (self._trails.width, self._trails.height) != (across, down):
            self._trails = TrailBuffer(across, down, extent)
        self._trails.move(extent)
        return self._trails

    def _render(self) -> None:
        if self._trails is None:
            return
        pixels, coarse = self._trails.pixels(self._colours), self._coarseness()
        if coarse > 1:
            shape = (pixels.shape[0] * coarse, pixels.shape[1] * coarse)
            if self._pixels.shape != shape:
                self._pixels = np.zeros(shape, np.uint32)
            for column in range(coarse):
                self._pixels[::coarse, column::coarse] = pixels
            for row in range(1, coarse):
                self._pixels[row::coarse] = self._pixels[::coarse]
        else:
            self._pixels = pixels
        self.update()

    def _coarseness(self) -> int:
        """Pixels of the screen along a side of one of the trails'."""
        width, height = self._size()
        return max(round(self._ratio()), math.ceil(math.sqrt(width * height / MOST_PIXELS)))

    def _size(self) -> tuple[int, int]:
        view, ratio = self.getViewBox(), self._ratio()
        return max(2, round(view.width() * ratio)), max(2, round(view.height() * ratio))

    def _ratio(self) -> float:
        widget = self.getViewWidget()
        return 1.0 if widget is None else float(widget.devicePixelRatioF())

    def _visible(self) -> Extent | None:
        view = self.getViewBox()
        if view is None:
            return None
        (x_min, x_max), (y_min, y_max) = view.viewRange()
        return Extent(x_min, x_max, y_min, y_max) if x_max > x_min and y_max > y_min else None


def _image(pixels: NDArray[np.uint32]) -> QImage:
    height, width = pixels.shape
    return QImage(pixels.data, width, height, width * 4, QImage.Format.Format_ARGB32_Premultiplied)
