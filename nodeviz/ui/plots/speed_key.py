"""What the speed map's colours mean: a short bar with its two ends, in a corner of the plane."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from nodeviz.ui import theme
from nodeviz.ui.figures import figure

BAR_WIDTH, BAR_HEIGHT = 72, 6
WIDTH, HEIGHT, INSET = 176, 20, 8


class SpeedKey(pg.GraphicsObject):
    """Lies at the lower right corner of `view`, over everything, and takes no clicks."""

    def __init__(self, view: pg.ViewBox) -> None:
        super().__init__(view)
        self.setZValue(1000)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self._place_in = view
        self._levels: tuple[float, float] | None = None
        self._image = QImage()
        self._texts = ("", "")
        view.sigResized.connect(self._place)
        self._place()

    def set_colours(self, colours: NDArray[np.uint32]) -> None:
        """The colours of the map, slow to fast."""
        line = np.ascontiguousarray(colours)
        self._image = QImage(line.data, len(line), 1, 4 * len(line), QImage.Format.Format_RGB32).copy()
        self.update()

    def set_levels(self, levels: tuple[float, float] | None) -> None:
        """The speeds at the bar's ends; None hides the key."""
        texts = ("", "") if levels is None else tuple(_round(level) for level in levels)
        self._levels = levels
        if texts != self._texts:
            self._texts = (texts[0], texts[1])
            self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(0, 0, WIDTH, HEIGHT)

    def paint(self, painter: QPainter, *_: object) -> None:
        if self._levels is None:
            return
        colours = theme.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        fill = QColor(colours.canvas)
        fill.setAlpha(205)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawRoundedRect(self.boundingRect(), 4, 4)
        painter.setFont(theme.caption_font())
        painter.setPen(QColor(colours.secondary))
        bar = QRectF((WIDTH - BAR_WIDTH) / 2 + 12, (HEIGHT - BAR_HEIGHT) / 2, BAR_WIDTH, BAR_HEIGHT)
        left = QRectF(6, 0, bar.left() - 12, HEIGHT)
        right = QRectF(bar.right() + 6, 0, WIDTH - bar.right() - 10, HEIGHT)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(left, middle | Qt.AlignmentFlag.AlignLeft, "|f|")
        painter.drawText(left, middle | Qt.AlignmentFlag.AlignRight, self._texts[0])
        painter.drawText(right, middle | Qt.AlignmentFlag.AlignLeft, self._texts[1])
        painter.drawImage(bar, self._image)
        painter.setPen(QColor(colours.hairline))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(bar)

    def _place(self, *_: object) -> None:
        width, height = self._place_in.width(), self._place_in.height()
        self.setPos(width - WIDTH - INSET, height - HEIGHT - INSET)
        self.setOpacity(1.0 if width > 2 * WIDTH and height > 6 * HEIGHT else 0.0)


def _round(level: float) -> str:
    """Two digits: the key says roughly how fast, and must not flicker while the field is learnt."""
    rounded = float(f"{level:.2g}")
    return figure(rounded) if rounded < 1e-3 or rounded >= 1e4 else f"{rounded:.4g}"
