"""How the particles are drawn: their trails as one picture over the whole plane, blended once a frame."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from nodeviz.ui.plots.particles import Particles
from nodeviz.ui.plots.trails import TrailBuffer
from nodeviz.ui.plots.velocity_grid import Extent, VelocityGrid

MOST_PIXELS = 1_600_000  # beyond this the trails are drawn at half the resolution: a 4K plane stays within its frame
PACE = 0.10  # of the plane's height that a particle of median speed crosses in a second
EVENNESS = 0.5  # the particles' speed is the root of the field's: fast corners do not blur, slow centres still move
LONGEST_FRAME = 0.05  # seconds: after a hitch particles go on, they do not jump
STILL_FRAMES = 45  # what an exported picture lets pass, so that its trails are full


class ParticleLayer(pg.GraphicsObject):
    """Twenty thousand particles and their trails, in the coordinates of the view it is added to."""

    def __init__(self, count: int = 20_000) -> None:
        super().__init__()
        self.particles = Particles(count)
        self._most = count
        self._grid: VelocityGrid | None = None
        self._even: VelocityGrid | None = None
        self._speed = 1.0
        self._trails: TrailBuffer | None = None
        self._colours: NDArray[np.uint32] = np.zeros(256, np.uint32)
        self._image = QImage()
        self._pixels: NDArray[np.uint32] | None = None

    def set_colours(self, colours: NDArray[np.uint32]) -> None:
        """256 premultiplied colours, from no trail to the brightest."""
        self._colours = colours
        self._render()

    def set_share(self, share: float) -> None:
        """Draw only this share of the particles, when frames take too long."""
        bounds = Extent(0.0, 0.0, 0.0, 0.0) if self._grid is None else self._grid.extent
        self.particles.resize(max(1, round(share * self._most)), bounds)

    def set_grid(self, grid: VelocityGrid | None) -> None:
        """The field from now on; None lets the particles vanish."""
        fresh = self._grid is None
        self._grid = grid
        self._even = None if grid is None else grid.evened(EVENNESS)
        self._speed = 1.0 if self._even is None else _typical_speed(self._even)
        if grid is None:
            self._trails = None
            self._image = QImage()
            self.update()
        elif fresh:
            self.particles.scatter(grid.extent)

    def tick(self, seconds: float) -> None:
        """Let `seconds` pass, fewer after a hitch, and draw."""
        visible = self._visible()
        if self._even is None or visible is None or not self.isVisible():
            return
        bounds = visible.intersected(self._even.extent)
        if bounds.width <= 0 or bounds.height <= 0:
            return
        seconds = min(seconds, LONGEST_FRAME)
        trails = self._fitting(visible)
        self._advance(trails, seconds, bounds, visible)
        self._render()

    def still(self, width: int, height: int) -> QImage:
        """The same particles on a picture of `width` × `height` pixels, trails full; the live ones stay as they are."""
        visible = self._visible()
        if self._even is None or visible is None:
            return QImage()
        live, self.particles = self.particles, Particles(self.particles.count)
        trails = TrailBuffer(width, height, visible)
        bounds = visible.intersected(self._even.extent)
        if bounds.width > 0 and bounds.height > 0:
            self.particles.scatter(bounds)
            for _ in range(STILL_FRAMES):
                self._advance(trails, 1 / 60, bounds, visible)
        self.particles = live
        return _image(trails.pixels(self._colours)).copy()

    def boundingRect(self) -> QRectF:
        view = self.getViewBox()
        return QRectF() if view is None else view.viewRect()

    def viewTransformChanged(self) -> None:
        self.prepareGeometryChange()

    def paint(self, painter: QPainter, *_: object) -> None:
        target = painter.worldTransform().mapRect(self.boundingRect())
        image = self._image
        if self._exportOpts is not False:
            scale = float(self._exportOpts.get("resolutionScale", 1.0))
            image = self.still(max(1, round(target.width() * scale)), max(1, round(target.height() * scale)))
        if image.isNull():
            return
        painter.save()
        painter.resetTransform()
        painter.drawImage(target, image)
        painter.restore()

    def _advance(self, trails: TrailBuffer, seconds: float, bounds: Extent, visible: Extent) -> None:
        if self._even is None:
            return
        duration = seconds * PACE * visible.height / self._speed
        self.particles.advance(self._even, duration, seconds, bounds)
        trails.fade(seconds)
        trails.draw(self.particles.before, self.particles.points)

    def _fitting(self, visible: Extent) -> TrailBuffer:
        width, height = self._size()
        trails = self._trails
        if trails is None or (trails.width, trails.height) != (width, height):
            trails = self._trails = TrailBuffer(width, height, visible)
        trails.move(visible)
        return trails

    def _size(self) -> tuple[int, int]:
        view = self.getViewBox()
        widget = self.getViewWidget()
        ratio = widget.devicePixelRatioF() if widget is not None else 1.0
        width, height = max(2, round(view.width() * ratio)), max(2, round(view.height() * ratio))
        if width * height > MOST_PIXELS:
            width, height = width // 2, height // 2
        return width, height

    def _visible(self) -> Extent | None:
        view = self.getViewBox()
        if view is None:
            return None
        (x_min, x_max), (y_min, y_max) = view.viewRange()
        return Extent(x_min, x_max, y_min, y_max) if x_max > x_min and y_max > y_min else None

    def _render(self) -> None:
        if self._trails is None:
            return
        pixels = self._trails.pixels(self._colours)
        if pixels is not self._pixels:
            self._pixels = pixels
            self._image = _image(pixels)
        self.update()


def _typical_speed(grid: VelocityGrid) -> float:
    """The median speed where the field moves; 1 where it rests everywhere."""
    speeds = grid.speeds()
    moving = speeds[speeds > 0]
    return float(np.median(moving)) if moving.size else 1.0


def _image(pixels: NDArray[np.uint32]) -> QImage:
    height, width = pixels.shape
    return QImage(pixels.data, width, height, width * 4, QImage.Format.Format_ARGB32_Premultiplied)
