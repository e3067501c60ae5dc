"""The points where the user's trajectories begin: dots that are placed, grabbed, moved and removed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

Point = tuple[float, float]

RADIUS, HOT_RADIUS, REACH = 6.0, 8.0, 13.0  # pixels: at rest, under the pointer, how near a press must be

CROWD, CROWDED_RADIUS = 10, 4.0
"""From more than so many on they are smaller and without a halo, but for the active one: the plane is to be seen."""


class StartHandles(pg.GraphicsObject):
    """The user's starts, in order. Pixels decide what is near, so it feels the same at every zoom."""

    def __init__(self) -> None:
        super().__init__()
        self.points: list[Point] = []
        self.active: int | None = None  # what the keyboard moves and Delete removes
        self.dragged: int | None = None
        self._hot: int | None = None
        self._fill, self._rim = QColor(), QColor()

    def set_colours(self, fill: str, rim: str) -> None:
        self._fill, self._rim = QColor(fill), QColor(rim)
        self.update()

    def set_points(self, points: Sequence[Point]) -> None:
        """Show these; one that is being dragged stays where the pointer holds it."""
        new = [(float(x), float(y)) for x, y in points]
        if self.dragged is not None and self.dragged < min(len(new), len(self.points)):
            new[self.dragged] = self.points[self.dragged]
        self._changed(new)

    def place(self, point: Point) -> int:
        """Add a start, make it the active one, and say which it is."""
        self._changed([*self.points, point])
        self.active = len(self.points) - 1
        return self.active

    def move(self, index: int, point: Point) -> None:
        points = list(self.points)
        points[index] = point
        self._changed(points)

    def remove(self, index: int) -> None:
        self._changed([point for i, point in enumerate(self.points) if i != index])

    def near(self, point: Point) -> int | None:
        """The start within reach of `point`, the nearest, the newer of two."""
        return nearest_within_reach(point, self.points, self.getViewBox())

    def hover(self, point: Point | None) -> bool:
        """Show what a press at `point` would grab; whether there is something."""
        hot = None if point is None else self.near(point)
        if hot != self._hot:
            self._hot = hot
            self.update()
        return hot is not None

    def boundingRect(self) -> QRectF:
        if not self.points:
            return QRectF()
        xs, ys = zip(*self.points, strict=True)
        rim = 2 * HOT_RADIUS * self._pixel()
        rect = QRectF(QPointF(min(xs), min(ys)), QPointF(max(xs), max(ys)))
        return rect.adjusted(-rim, -rim, rim, rim)

    def viewTransformChanged(self) -> None:
        super().viewTransformChanged()
        self.prepareGeometryChange()

    def paint(self, painter: QPainter, *_: object) -> None:
        transform = painter.worldTransform()
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, (x, y) in enumerate(self.points):
            hot = index in (self._hot, self.dragged)
            self._paint_handle(painter, transform.map(QPointF(x, y)), hot, index == self.active)
        painter.restore()

    def _paint_handle(self, painter: QPainter, centre: QPointF, hot: bool, active: bool) -> None:
        crowded = len(self.points) > CROWD and not (hot or active)
        radius = HOT_RADIUS if hot else CROWDED_RADIUS if crowded else RADIUS
        if not crowded:
            halo = QColor(self._fill)
            halo.setAlpha(70 if hot or active else 36)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(halo)
            painter.drawEllipse(centre, radius + 5, radius + 5)
        painter.setPen(QPen(self._rim, 2))
        painter.setBrush(self._fill)
        painter.drawEllipse(centre, radius, radius)

    def _changed(self, points: list[Point]) -> None:
        self.prepareGeometryChange()
        self.points = points
        self.active = self._kept(self.active)
        self.dragged = self._kept(self.dragged)
        self._hot = self._kept(self._hot)
        self.update()

    def _kept(self, index: int | None) -> int | None:
        return index if index is not None and index < len(self.points) else None

    def _pixel(self) -> float:
        return _pixel_of(self.getViewBox())


def nearest_within_reach(point: Point, places: Sequence[Point], view: pg.ViewBox | None) -> int | None:
    """Which of `places` a press at `point` is meant for: the nearest within reach, the later of two."""
    pixel = _pixel_of(view)
    distances = [(math.dist(point, place) / pixel, -index) for index, place in enumerate(places)]
    distance, index = min(distances, default=(math.inf, 0))
    return -index if distance <= REACH else None


def _pixel_of(view: pg.ViewBox | None) -> float:
    return 1.0 if view is None else float(view.viewRect().width() / max(1.0, view.width()))
