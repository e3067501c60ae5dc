"""How a dataset's sketch is painted into a small square: heat below, then curves, then points in their classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from nodeviz.datasets.declared import Sketch
from nodeviz.ui.plots.ramp import blended_ramp
from nodeviz.ui.theme import Theme

MARGIN = 0.07
"""Of the side, around what is drawn."""
DOT, CURVE = 0.028, 0.022
"""Of the side: how wide points and curves are."""
LEAST_DOT = 1.3


class Square:
    """Where the points of a sketch lie in a square: to the same scale in x and y, in the middle."""

    def __init__(self, sketch: Sketch, side: float) -> None:
        shown = np.concatenate([*sketch.curves, sketch.points.ys, np.zeros((0, 2))])
        low, high = (shown.min(axis=0), shown.max(axis=0)) if len(shown) else (np.zeros(2), np.ones(2))
        self._middle, self._reach = (low + high) / 2, max(float((high - low).max()) / 2, 1e-9)
        self._side = side

    def placed(self, points: NDArray[np.float64]) -> QPolygonF:
        """Points of the plane (n, 2) as points of the square."""
        half = self._side / 2
        scaled = (points - self._middle) / self._reach * (1 - 2 * MARGIN)
        return QPolygonF([QPointF(half + half * x, half - half * y) for x, y in scaled])


def paint_sketch(painter: QPainter, sketch: Sketch, side: float, colours: Theme, *, classed: bool) -> None:
    """Paint `sketch` into the square from (0, 0) to (side, side); points in the colours of classes when `classed`."""
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    if sketch.heat is not None:
        painter.drawImage(QRectF(0, 0, side, side), _heat(sketch.heat, colours))
    square = Square(sketch, side)
    for curve in sketch.curves:
        painter.setPen(QPen(QColor(colours.ghost), max(1.2, CURVE * side)))
        painter.drawPolyline(square.placed(curve))
    for label in np.unique(sketch.points.labels):
        colour = colours.of_class(int(label)) if classed else colours.observed
        painter.setPen(QPen(QColor(colour), max(LEAST_DOT, DOT * side), c=Qt.PenCapStyle.RoundCap))
        painter.drawPoints(square.placed(sketch.points.ys[sketch.points.labels == label]))


def _heat(heat: NDArray[np.float64], colours: Theme) -> QImage:
    index = np.clip(255 * heat, 0, 255).astype(np.uint8).T[::-1]
    pixels = np.ascontiguousarray(blended_ramp(colours.density)[index])
    height, width = pixels.shape
    return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()
