"""How the way through a net's layers is drawn: straight from state to state, with a dot after each layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from nodeviz.ui.plots.clipping import clipped
from nodeviz.ui.plots.dots import Dots, paint_dots
from nodeviz.ui.plots.trajectories import joined
from nodeviz.ui.plots.velocity_grid import Extent

WIDTH, DOT = 2.0, 5.0
MOST_DOTS = 40
"""Layers that are told apart; dots of more would run together into a thicker line."""


class LayerSteps(pg.GraphicsObject):
    """Polylines in the colours of their classes, painted into a cached layer."""

    def __init__(self) -> None:
        super().__init__()
        self.setCacheMode(self.CacheMode.DeviceCoordinateCache)
        self.curves: tuple[NDArray[np.floating], ...] = ()
        self.labels: NDArray[np.integer] = np.zeros(0, int)
        self._colours: Sequence[str] = ("#000000",)
        self._rim = "#000000"

    def set_colours(self, colours: Sequence[str], rim: str) -> None:
        """The colour of each class; what is around each dot."""
        self._colours, self._rim = colours, rim
        self.update()

    def set_curves(self, curves: Sequence[NDArray[np.floating]], labels: NDArray[np.integer] | None = None) -> None:
        """Show these, each (layers + 1, 2), of classes `labels` (curves,), in place of what was shown."""
        self.prepareGeometryChange()
        self.curves = tuple(curves)
        self.labels = np.zeros(len(curves), int) if labels is None or len(labels) != len(curves) else labels
        self.update()

    def boundingRect(self) -> QRectF:
        view = self.getViewBox()
        return QRectF() if view is None or not self.curves else view.viewRect()

    def viewTransformChanged(self) -> None:
        super().viewTransformChanged()
        self.prepareGeometryChange()

    def paint(self, painter: QPainter, *_: object) -> None:
        families = [
            (self._colours[kind % len(self._colours)], self._of(kind)) for kind in np.unique(self.labels).tolist()
        ]
        for colour, family in families:
            self._paint_lines(painter, colour, family)
        dotted = [(colour, [curve for curve in family if len(curve) <= MOST_DOTS + 1]) for colour, family in families]
        dots = [Dots(_known(family), colour) for colour, family in dotted if family]
        paint_dots(painter, self, dots, DOT, self._rim)

    def _of(self, kind: int) -> list[NDArray[np.floating]]:
        return [curve for curve, label in zip(self.curves, self.labels, strict=True) if label == kind]

    def _paint_lines(self, painter: QPainter, colour: str, curves: Sequence[NDArray[np.floating]]) -> None:
        line, view = joined(curves), self.viewRect()
        within = Extent(view.left(), view.right(), view.top(), view.bottom())
        points, begins = np.stack([line.x, line.y], axis=1), np.flatnonzero(line.connect)
        pieces = clipped(points[begins], points[begins + 1], within)
        transform = painter.worldTransform()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.resetTransform()
        painter.setPen(QPen(QColor(colour), WIDTH, c=Qt.PenCapStyle.RoundCap))
        painter.drawLines([transform.map(QLineF(*piece)) for piece in pieces.tolist()])
        painter.restore()


def _known(curves: Sequence[NDArray[np.floating]]) -> NDArray[np.float64]:
    """The states of all curves that are finite, (n, 2)."""
    points = np.concatenate([np.asarray(curve, float).reshape(-1, 2) for curve in curves])
    return points[np.isfinite(points).all(axis=1)]
