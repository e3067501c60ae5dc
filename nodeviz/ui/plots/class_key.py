"""Which colour is which class, where there are more than a bar between two colours can tell."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from nodeviz.ui import theme
from nodeviz.ui.plots.corner_key import GAP, HEIGHT, CornerKey, advance

NAME, DOT, BESIDE = "class", 8.0, 4.0


class ClassKey(CornerKey):
    """A dot in its colour and a number for each class."""

    def __init__(self, view: pg.ViewBox) -> None:
        super().__init__(view)
        self.count = 0

    def set_count(self, count: int) -> None:
        """Name so many classes; 0 hides the key."""
        if count != self.count:
            self.count = count
            self.update()

    def width(self) -> float:
        if self.count == 0:
            return 0.0
        numbers = sum(advance(str(label + 1)) for label in range(self.count))
        return GAP + advance(NAME) + numbers + self.count * (GAP + DOT + BESIDE) + GAP

    def paint_on(self, painter: QPainter, ground: QRectF, base: float) -> None:
        colours, left = theme.current(), ground.left() + GAP
        painter.setPen(QColor(colours.secondary))
        painter.drawText(QPointF(left, base), NAME)
        left += advance(NAME) + GAP
        for label in range(self.count):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.of_class(label)))
            painter.drawEllipse(QRectF(left, (HEIGHT - DOT) / 2, DOT, DOT))
            left += DOT + BESIDE
            painter.setPen(QColor(colours.secondary))
            painter.drawText(QPointF(left, base), str(label + 1))
            left += advance(str(label + 1)) + GAP
