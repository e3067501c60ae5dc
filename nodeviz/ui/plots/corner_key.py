"""What keys of the plane have in common: a quiet ground at the lower right corner, over everything."""

from __future__ import annotations

from abc import abstractmethod

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter

from nodeviz.ui import theme

WIDEST, HEIGHT, INSET, GAP = 280, 20, 8, 7


class CornerKey(pg.GraphicsObject):
    """Takes no clicks, and no room in a plane too small for it."""

    def __init__(self, view: pg.ViewBox) -> None:
        super().__init__(view)
        self.setZValue(1000)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self._place_in = view
        view.sigResized.connect(self._place)
        self._place()

    @abstractmethod
    def width(self) -> float:
        """Pixels that it needs, at most WIDEST; 0 while there is nothing to say."""
        raise NotImplementedError

    @abstractmethod
    def paint_on(self, painter: QPainter, ground: QRectF, base: float) -> None:
        """Draw the key on `ground`, letters on the line at `base`."""
        raise NotImplementedError

    @property
    def ground(self) -> QRectF:
        """What it takes of the most that it may take."""
        width = self.width()
        return QRectF(WIDEST - width, 0, width, HEIGHT)

    def covered(self) -> list[QRectF]:
        """What it hides, in the view's pixels: for names of curves to keep clear of."""
        shown = self.width() > 0 and self.opacity() > 0
        return [self.ground.translated(self.pos())] if shown else []

    def boundingRect(self) -> QRectF:
        return QRectF(0, 0, WIDEST, HEIGHT)

    def paint(self, painter: QPainter, *_: object) -> None:
        ground = self.ground
        if ground.width() == 0:
            return
        fill = QColor(theme.current().canvas)
        fill.setAlpha(205)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawRoundedRect(ground, 4, 4)
        painter.setFont(theme.caption_font())
        metrics = painter.fontMetrics()
        self.paint_on(painter, ground, (HEIGHT + metrics.ascent() - metrics.descent()) / 2)

    def _place(self, *_: object) -> None:
        width, height = self._place_in.width(), self._place_in.height()
        self.setPos(width - WIDEST - INSET, height - HEIGHT - INSET)
        self.setOpacity(1.0 if width > 1.6 * WIDEST and height > 6 * HEIGHT else 0.0)


def advance(text: str) -> float:
    """Pixels that `text` takes in a key."""
    return float(QFontMetrics(theme.caption_font()).horizontalAdvance(text))
