"""Points on their way through the flow: where they are at the time looked at, without asking anyone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from nodeviz.tasks.picture import Cloud
from nodeviz.ui.plots.clipping import clipped
from nodeviz.ui.plots.dots import Dots, paint_dots
from nodeviz.ui.plots.velocity_grid import Extent

SIZE, SHADOW = 4.4, 2.4
FAR = 1e9
"""Where points are put that must not be seen."""
SLANT = (0.28, 0.62)
"""Which way height leads in the picture, right and up, as in an oblique projection."""
TALLEST = 0.36
"""Of the view's height, that the highest point rises at most; a lower one rises by its height as it is."""


class CloudLayer(pg.GraphicsObject):
    """A third coordinate lifts a point above its shadow in the plane, on a thin stem."""

    def __init__(self) -> None:
        super().__init__()
        self._cloud: Cloud | None = None
        self._t = 0.0
        self._lifted = True
        self._colours: Sequence[str] = ("#000000",)
        self._rim = self._stem = "#000000"
        self._members: list[NDArray[np.intp]] = []

    @property
    def cloud(self) -> Cloud | None:
        """The points and their ways, as they were given."""
        return self._cloud

    @property
    def has_height(self) -> bool:
        """Whether there is a third coordinate to show."""
        return self._cloud is not None and self._cloud.ys.shape[2] > 2

    def set_colours(self, colours: Sequence[str], rim: str, stem: str) -> None:
        """The colour of each class; what is around each point; the stems and the shadows."""
        self._colours, self._rim, self._stem = colours, rim, stem
        self.update()

    def set_cloud(self, cloud: Cloud | None) -> None:
        """Show these points on their way; None shows nothing."""
        self.prepareGeometryChange()
        self._cloud = cloud
        labels = np.zeros(0, np.uint8) if cloud is None else cloud.labels
        self._members = [np.flatnonzero(labels == kind) for kind in np.unique(labels)]
        self.update()

    def set_time(self, t: float) -> None:
        """Show where they are at `t`."""
        if t != self._t:
            self._t = t
            self.update()

    def set_lifted(self, lifted: bool) -> None:
        """Whether the third coordinate is drawn as height."""
        self._lifted = lifted
        self.update()

    def places(self) -> NDArray[np.float32]:
        """Where the points are at the time looked at, (points, 2 or 3): linear between the times known."""
        if self._cloud is None:
            return np.zeros((0, 2), np.float32)
        ts, ys = self._cloud.ts, self._cloud.ys
        after = int(np.clip(np.searchsorted(ts, self._t), 1, len(ts) - 1)) if len(ts) > 1 else 0
        before = max(after - 1, 0)
        span = ts[after] - ts[before]
        share = np.float32(np.clip((self._t - ts[before]) / span, 0, 1)) if span else np.float32(0)
        with np.errstate(all="ignore"):  # what has left for infinity is not drawn
            places: NDArray[np.float32] = ys[before] + share * (ys[after] - ys[before])
        return places

    def boundingRect(self) -> QRectF:
        view = self.getViewBox()
        return QRectF() if view is None or self._cloud is None else view.viewRect()

    def viewTransformChanged(self) -> None:
        super().viewTransformChanged()
        self.prepareGeometryChange()

    def paint(self, painter: QPainter, *_: object) -> None:
        if self._cloud is None:
            return
        places = self.places()
        places = np.where(np.isfinite(places).all(axis=1, keepdims=True), places, np.float32(FAR))
        points = places[:, :2]
        if self._lifted and self.has_height:
            points = points + self._rise(places[:, 2])
            self._paint_stems(painter, places[:, :2], points)
        inks = zip(self._members, np.unique(self._cloud.labels), strict=True)
        dots = [Dots(points[which], self._colours[kind % len(self._colours)]) for which, kind in inks]
        paint_dots(painter, self, dots, SIZE, self._rim)

    def _rise(self, heights: NDArray[np.float32]) -> NDArray[np.float32]:
        """How far each height moves a point in the picture, (points, 2)."""
        known = self._cloud.ys[..., 2] if self._cloud is not None else heights
        highest = float(np.abs(known[np.isfinite(known)]).max(initial=1e-9))
        scale = min(1.0, TALLEST * self.viewRect().height() / (SLANT[1] * highest))
        return heights[:, None] * np.array(SLANT, np.float32) * np.float32(scale)

    def _paint_stems(self, painter: QPainter, feet: NDArray[np.float32], heads: NDArray[np.float32]) -> None:
        transform, view = painter.worldTransform(), self.viewRect()
        within = Extent(view.left(), view.right(), view.top(), view.bottom())
        ends = clipped(feet.astype(float), heads.astype(float), within)
        painter.save()
        painter.resetTransform()
        painter.setPen(QPen(QColor(self._stem), 1))
        painter.drawLines([transform.map(QLineF(*line)) for line in ends.tolist()])
        painter.restore()
        paint_dots(painter, self, [Dots(feet, self._stem)], SHADOW)
