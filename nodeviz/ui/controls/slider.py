"""Slider: a horizontal slider that follows the pointer, with an optional dot at each stop."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSlider, QWidget

from nodeviz.ui import theme
from nodeviz.ui.slider_keys import claim_ends

HANDLE = 7.0
GROOVE = 3.0
STOP = 2.0
TICK = 5.0


class Slider(QSlider):
    """A click jumps to where it was made and drags on from there; the wheel scrolls the panel, not the setting."""

    def __init__(self, parent: QWidget | None = None, *, stops: bool = False) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._stops = stops
        self._tick: int | None = None
        self.setMouseTracking(True)
        self.setMinimumWidth(64)

    def set_tick(self, position: int | None) -> None:
        """Mark a position on the groove, e.g. where the handle once was; None marks nothing."""
        if position != self._tick:
            self._tick = position
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(96, 22)

    def minimumSizeHint(self) -> QSize:
        return QSize(64, 22)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self.setSliderDown(True)
        self.setSliderPosition(self._position_at(event.position().x()))
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self.setSliderPosition(self._position_at(event.position().x()))
            event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self.setSliderDown(False)
            event.accept()

    def event(self, event: QEvent) -> bool:
        claim_ends(event)
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        accent = QColor(colours.blue if self.isEnabled() else colours.secondary)
        middle, handle = self.height() / 2, self._x_of(self.sliderPosition())
        left, right = self._ends()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.hairline))
        painter.drawRoundedRect(QRectF(left, middle - GROOVE / 2, right - left, GROOVE), GROOVE / 2, GROOVE / 2)
        painter.setBrush(accent)
        painter.drawRoundedRect(QRectF(left, middle - GROOVE / 2, handle - left, GROOVE), GROOVE / 2, GROOVE / 2)
        if self._stops:
            self._paint_stops(painter, middle, accent)
        if self._tick is not None:
            painter.setBrush(QColor(colours.secondary))
            painter.drawRoundedRect(QRectF(self._x_of(self._tick) - 1, middle - TICK, 2, 2 * TICK), 1, 1)
        self._paint_handle(painter, QPointF(handle, middle), accent)
        painter.end()

    def _paint_stops(self, painter: QPainter, middle: float, accent: QColor) -> None:
        for stop in range(self.minimum(), self.maximum() + 1):
            passed = stop <= self.sliderPosition()
            painter.setBrush(accent if passed else QColor(theme.current().secondary))
            painter.drawEllipse(QPointF(self._x_of(stop), middle), STOP, STOP)

    def _paint_handle(self, painter: QPainter, centre: QPointF, accent: QColor) -> None:
        colours = theme.current()
        if self.hasFocus() or self.isSliderDown():
            halo = QColor(accent)
            halo.setAlphaF(0.28)
            painter.setBrush(halo)
            painter.drawEllipse(centre, HANDLE + 3.5, HANDLE + 3.5)
        painter.setPen(QPen(accent, 2.0))
        painter.setBrush(QColor(colours.panel if self.isEnabled() else colours.window))
        radius = HANDLE - (0.0 if self.underMouse() or self.isSliderDown() else 1.0)
        painter.drawEllipse(centre, radius, radius)

    def _ends(self) -> tuple[float, float]:
        margin = HANDLE + 4.0
        return margin, self.width() - margin

    def _x_of(self, position: int) -> float:
        left, right = self._ends()
        span = max(1, self.maximum() - self.minimum())
        return left + (right - left) * (position - self.minimum()) / span

    def _position_at(self, x: float) -> int:
        left, right = self._ends()
        share = (x - left) / max(1.0, right - left)
        return round(self.minimum() + min(max(share, 0.0), 1.0) * (self.maximum() - self.minimum()))
