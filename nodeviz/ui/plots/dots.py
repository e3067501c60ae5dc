"""How many round dots of a few colours are painted fast: as stamps, in the screen's own pixels."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import ceil
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QPolygonF

RIM = 1.2
"""Pixels that a rim is wide."""
PHASES = 4
"""Places between two pixels, a side, that a dot may have: it glides instead of hopping."""


class Dots(NamedTuple):
    """Points of the plane (n, 2) and their colour."""

    points: NDArray[np.floating]
    colour: str


def paint_dots(painter: QPainter, item: pg.GraphicsObject, dots: Iterable[Dots], size: float, rim: str = "") -> None:
    """Paint `dots`, `size` pixels wide, below `item`'s transform; with a `rim` of that colour around each.

    For a picture they are drawn; for the screen they are stamped, which takes a tenth of the time.
    """
    placed = [(_mapped(painter, item, each.points), each.colour) for each in dots if len(each.points)]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.resetTransform()
    if item._exportOpts is not False:
        _draw(painter, placed, size, rim)
    else:
        ratio = painter.device().devicePixelRatioF()
        for places, colour in placed:
            _stamp(painter, places, _stamps(colour, size, rim, ratio))
    painter.restore()


def _stamp(painter: QPainter, places: NDArray[np.float64], stamps: tuple[QPixmap, ...]) -> None:
    half = stamps[0].deviceIndependentSize().width() / 2
    corner = places - half
    whole = np.floor(corner)
    right, down = (PHASES * (corner - whole)).astype(int).T
    for (x, y), phase in zip(whole.astype(int).tolist(), (PHASES * down + right).tolist(), strict=True):
        painter.drawPixmap(x, y, stamps[phase])


def _draw(painter: QPainter, placed: list[tuple[NDArray[np.float64], str]], size: float, rim: str) -> None:
    for width, only in ((size + 2 * RIM, rim), (size, "")) if rim else ((size, ""),):
        for places, colour in placed:
            painter.setPen(QPen(QColor(only or colour), width, c=Qt.PenCapStyle.RoundCap))
            painter.drawPoints(QPolygonF([QPointF(*place) for place in places.tolist()]))


@lru_cache(maxsize=64)
def _stamps(colour: str, size: float, rim: str, ratio: float) -> tuple[QPixmap, ...]:
    """A dot at every phase, row by row, in the middle of a square."""
    side = ceil(size + 2 * RIM) + 2
    found = []
    for phase in range(PHASES * PHASES):
        pixmap = QPixmap(ceil(side * ratio), ceil(side * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        middle = QPointF(side / 2 + phase % PHASES / PHASES, side / 2 + phase // PHASES / PHASES)
        for radius, ink in ((size / 2 + RIM, rim), (size / 2, colour)):
            if ink:
                painter.setBrush(QColor(ink))
                painter.drawEllipse(middle, radius, radius)
        painter.end()
        found.append(pixmap)
    return tuple(found)


def _mapped(painter: QPainter, item: pg.GraphicsObject, points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Points of the plane (n, 2) on the painter's device; those outside the view are left out."""
    view = item.viewRect()
    margin = 0.02 * view.width() if item._exportOpts is False else 0.0  # not every viewer of SVG minds a clip path
    x, y = points[:, 0], points[:, 1]
    inside = (x > view.left() - margin) & (x < view.right() + margin) & (y > view.top() - margin)
    inside &= y < view.bottom() + margin
    transform = painter.worldTransform()
    # The plane is never turned.
    scale, shift = np.array([transform.m11(), transform.m22()]), np.array([transform.dx(), transform.dy()])
    placed: NDArray[np.float64] = points[inside] * scale + shift
    return placed
