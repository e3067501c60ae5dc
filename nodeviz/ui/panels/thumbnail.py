"""Thumbnail: the data at a glance, as training sees it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from nodeviz.datasets.trajectories import Trajectories
from nodeviz.ui import theme

POINTS = 240
MARGIN = 6.0


class Thumbnail(QWidget):
    """The truth as a line, the observed points over it, to the same scale in x and y."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._truth = self._observed = np.zeros((0, 2))
        self.setAccessibleName("Data thumbnail")
        self.setFixedSize(self.sizeHint())

    def sizeHint(self) -> QSize:
        return QSize(72, 72)

    def show_data(self, data: Trajectories) -> None:
        """Draw the first trajectory of `data`."""
        self._truth = data.truth[:, 0]
        stride = max(1, len(data.ts) // POINTS)
        self._observed = data.observed[::stride, 0]
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(colours.hairline))
        painter.setBrush(QColor(colours.canvas))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 4, 4)
        if len(self._truth):
            painter.setPen(QPen(QColor(colours.ghost), 1.2))
            painter.drawPolyline(self._placed(self._truth))
            painter.setPen(QPen(QColor(colours.observed), 1.6, c=Qt.PenCapStyle.RoundCap))
            painter.drawPoints(self._placed(self._observed))
        painter.end()

    def _placed(self, points: np.ndarray) -> QPolygonF:
        low, high = self._truth.min(axis=0), self._truth.max(axis=0)
        centre, reach = (low + high) / 2, max(float((high - low).max()) / 2, 1e-9)
        size = min(self.width(), self.height()) / 2 - MARGIN
        placed = (points - centre) / reach * [size, -size] + [self.width() / 2, self.height() / 2]
        return QPolygonF([QPointF(x, y) for x, y in placed])
