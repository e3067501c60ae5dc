"""How many round dots of a few colours are painted fast: one call a colour, in the screen's own pixels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF


class Dots(NamedTuple):
    """Points of the plane (n, 2) and their colour."""

    points: NDArray[np.floating]
    colour: str


def paint_dots(painter: QPainter, item: pg.GraphicsObject, dots: Iterable[Dots], size: float, rim: str = "") -> None:
    """Paint `dots`, `size` pixels wide, below `item`'s transform; with a `rim` of that colour around each."""
    placed = [(mapped(painter, item, each.points), each.colour) for each in dots if len(each.points)]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.resetTransform()
    for width, only in ((size + 2.4, rim), (size, "")) if rim else ((size, ""),):
        for polygon, colour in placed:
            painter.setPen(QPen(QColor(only or colour), width, c=Qt.PenCapStyle.RoundCap))
            painter.drawPoints(polygon)
    painter.restore()


def mapped(painter: QPainter, item: pg.GraphicsObject, points: NDArray[np.floating]) -> QPolygonF:
    """Points of the plane (n, 2) on the painter's device; those outside the view are left out."""
    view = item.viewRect()
    margin = 0.02 * view.width()
    x, y = points[:, 0], points[:, 1]
    inside = (x > view.left() - margin) & (x < view.right() + margin) & (y > view.top() - margin)
    inside &= y < view.bottom() + margin
    transform = painter.worldTransform()
    right = transform.m11() * x[inside] + transform.dx()
    down = transform.m22() * y[inside] + transform.dy()  # the plane is never turned
    return QPolygonF([QPointF(*place) for place in zip(right.tolist(), down.tolist(), strict=True)])
