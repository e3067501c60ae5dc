"""What a map's colours mean: a short bar with its two ends, in a corner of the plane."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from nodeviz.ui import theme
from nodeviz.ui.figures import figure
from nodeviz.ui.plots.corner_key import GAP, HEIGHT, CornerKey, advance

BAR_WIDTH, BAR_HEIGHT = 72, 6


class MapKey(CornerKey):
    """What the map is of, the lowest value, the colours, the highest."""

    def __init__(self, view: pg.ViewBox) -> None:
        super().__init__(view)
        self._levels: tuple[float, float] | None = None
        self._image = QImage()
        self._symbol = ""
        self._texts = ("", "")
        self._lettered = 0.0
        """Pixels that the letters take: asked for every frame, and measured when they change."""

    def set_map(self, symbol: str, colours: NDArray[np.uint32]) -> None:
        """What the map is of, in a word, and its colours from low to high."""
        self._symbol = symbol
        self._measure()
        line = np.ascontiguousarray(colours)
        self._image = QImage(line.data, len(line), 1, 4 * len(line), QImage.Format.Format_RGB32).copy()
        self.update()

    def set_levels(self, levels: tuple[float, float] | None) -> None:
        """The values at the bar's ends; None hides the key."""
        texts = ("", "") if levels is None else tuple(_round(level) for level in levels)
        self._levels = levels
        if texts != self._texts:
            self._texts = (texts[0], texts[1])
            self._measure()
            self.update()

    def _measure(self) -> None:
        self._lettered = sum(advance(text) for text in (self._symbol, *self._texts))

    def width(self) -> float:
        if self._levels is None:
            return 0.0
        return self._lettered + BAR_WIDTH + 6 * GAP

    def paint_on(self, painter: QPainter, ground: QRectF, base: float) -> None:
        colours, left = theme.current(), ground.left()
        symbol, low = advance(self._symbol), advance(self._texts[0])
        bar = QRectF(left + symbol + low + 4 * GAP, (HEIGHT - BAR_HEIGHT) / 2, BAR_WIDTH, BAR_HEIGHT)
        painter.setPen(QColor(colours.secondary))
        painter.drawText(QPointF(left + GAP, base), self._symbol)
        painter.drawText(QPointF(bar.left() - GAP - low, base), self._texts[0])
        painter.drawText(QPointF(bar.right() + GAP, base), self._texts[1])
        painter.drawImage(bar, self._image)
        painter.setPen(QColor(colours.hairline))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(bar)


def _round(level: float) -> str:
    """Two digits: the key says roughly how much, and must not flicker while the field is learnt."""
    rounded = float(f"{level:.2g}")
    if rounded == 0:
        return "0"
    return figure(rounded) if abs(rounded) < 1e-3 or abs(rounded) >= 1e4 else f"{rounded:.4g}"
