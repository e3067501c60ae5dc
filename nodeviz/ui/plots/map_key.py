"""What a map's colours mean: a short bar with its two ends, in a corner of the plane."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter

from nodeviz.ui import theme
from nodeviz.ui.figures import figure
from nodeviz.ui.plots.covered import covered

BAR_WIDTH, BAR_HEIGHT = 72, 6
WIDEST, HEIGHT, INSET, GAP = 260, 20, 8, 7


class MapKey(pg.GraphicsObject):
    """Lies at the lower right corner of `view`, over everything, and takes no clicks."""

    def __init__(self, view: pg.ViewBox) -> None:
        super().__init__(view)
        self.setZValue(1000)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self._place_in = view
        self._levels: tuple[float, float] | None = None
        self._image = QImage()
        self._symbol = ""
        self._texts = ("", "")
        view.sigResized.connect(self._place)
        self._place()

    def set_map(self, symbol: str, colours: NDArray[np.uint32]) -> None:
        """What the map is of, in a word, and its colours from low to high."""
        self._symbol = symbol
        line = np.ascontiguousarray(colours)
        self._image = QImage(line.data, len(line), 1, 4 * len(line), QImage.Format.Format_RGB32).copy()
        self.update()

    def set_levels(self, levels: tuple[float, float] | None) -> None:
        """The values at the bar's ends; None hides the key."""
        texts = ("", "") if levels is None else tuple(_round(level) for level in levels)
        self._levels = levels
        if texts != self._texts:
            self._texts = (texts[0], texts[1])
            self.update()

    def covered(self) -> NDArray[np.float64]:
        """Points of the plane below the key, (n, 2): for names of curves to keep clear of."""
        shown = self._levels is not None and self.opacity() > 0
        return covered(self._place_in, [self._ground().translated(self.pos())] if shown else [])

    def boundingRect(self) -> QRectF:
        return QRectF(0, 0, WIDEST, HEIGHT)

    def paint(self, painter: QPainter, *_: object) -> None:
        if self._levels is None:
            return
        colours = theme.current()
        painter.setFont(theme.caption_font())
        metrics = painter.fontMetrics()
        symbol, low = (metrics.horizontalAdvance(text) for text in (self._symbol, self._texts[0]))
        ground = self._ground()
        left = ground.left()
        self._paint_ground(painter, ground)
        bar = QRectF(left + symbol + low + 4 * GAP, (HEIGHT - BAR_HEIGHT) / 2, BAR_WIDTH, BAR_HEIGHT)
        painter.setPen(QColor(colours.secondary))
        base = (HEIGHT + metrics.ascent() - metrics.descent()) / 2
        painter.drawText(QPointF(left + GAP, base), self._symbol)
        painter.drawText(QPointF(bar.left() - GAP - low, base), self._texts[0])
        painter.drawText(QPointF(bar.right() + GAP, base), self._texts[1])
        painter.drawImage(bar, self._image)
        painter.setPen(QColor(colours.hairline))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(bar)

    def _ground(self) -> QRectF:
        """What it takes of the most that it may take."""
        metrics = QFontMetrics(theme.caption_font())
        width = sum(metrics.horizontalAdvance(text) for text in (self._symbol, *self._texts)) + BAR_WIDTH + 6 * GAP
        return QRectF(WIDEST - width, 0, width, HEIGHT)

    def _paint_ground(self, painter: QPainter, rect: QRectF) -> None:
        fill = QColor(theme.current().canvas)
        fill.setAlpha(205)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawRoundedRect(rect, 4, 4)

    def _place(self, *_: object) -> None:
        width, height = self._place_in.width(), self._place_in.height()
        self.setPos(width - WIDEST - INSET, height - HEIGHT - INSET)
        self.setOpacity(1.0 if width > 1.6 * WIDEST and height > 6 * HEIGHT else 0.0)


def _round(level: float) -> str:
    """Two digits: the key says roughly how much, and must not flicker while the field is learnt."""
    rounded = float(f"{level:.2g}")
    if rounded == 0:
        return "0"
    return figure(rounded) if abs(rounded) < 1e-3 or abs(rounded) >= 1e4 else f"{rounded:.4g}"
