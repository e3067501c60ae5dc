"""Thumbnail: a dataset at a glance, drawn by its own generator, as a button that chooses it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap

from nodeviz.datasets.declared import title_of
from nodeviz.ui import theme
from nodeviz.ui.alternatives import Kind, sentence_of
from nodeviz.ui.panels.one_of_many import OneOfMany
from nodeviz.ui.panels.sketching import paint_sketch

ROUND = 5.0


class Thumbnail(OneOfMany):
    """A square of any size. The sketch is made when it is first painted, and again when the data have changed."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(title_of(kind))
        self.setToolTip(f"{title_of(kind)}: {sentence_of(kind)}")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._data: tuple[Any, int, bool] | None = None
        self._drawn: QPixmap | None = None
        self._drawn_for: tuple[object, ...] = ()

    def sizeHint(self) -> QSize:
        return QSize(48, 48)

    def minimumSizeHint(self) -> QSize:
        return QSize(24, 24)

    def show_data(self, dataset: Any, seed: int, *, classed: bool) -> None:
        """Draw `dataset` as it is with `seed`; its classes in their colours when `classed`."""
        if self._data != (dataset, seed, classed):
            self._data = (dataset, seed, classed)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.current()
        frame = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rounded = QPainterPath()
        rounded.addRoundedRect(frame, ROUND, ROUND)
        painter.setClipPath(rounded)
        painter.drawPixmap(0, 0, self._sketched())
        painter.setClipping(False)
        painter.setPen(QPen(QColor(self._rim(colours)), 2 if self.isChecked() or self.hasFocus() else 1))
        painter.drawPath(rounded)
        painter.end()

    def _rim(self, colours: theme.Theme) -> str:
        if self.isChecked() or self.hasFocus():
            return colours.blue
        return colours.secondary if self.underMouse() else colours.hairline

    def _sketched(self) -> QPixmap:
        """The sketch at the size, the theme and the resolution of the moment."""
        wanted = (self._data, self.width(), theme.current().name, self.devicePixelRatioF())
        if self._drawn is None or self._drawn_for != wanted:
            self._drawn, self._drawn_for = self._made(), wanted
        return self._drawn

    def _made(self) -> QPixmap:
        colours, ratio, side = theme.current(), self.devicePixelRatioF(), self.width()
        pixmap = QPixmap(round(side * ratio), round(side * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(QColor(colours.canvas))
        if self._data is not None:
            dataset, seed, classed = self._data
            painter = QPainter(pixmap)
            paint_sketch(painter, dataset.sketch(seed), side, colours, classed=classed)
            painter.end()
        return pixmap
