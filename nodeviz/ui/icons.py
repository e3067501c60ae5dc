"""The few icons of the window, drawn as paths in the colour of the text, sharp at any scale."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

SIDE = 20
SCALES = (1, 2, 3)
STROKE = 1.7


def icon(name: str, colour: str) -> QIcon:
    """The icon called `name` in `colour`. Raises `KeyError` when there is none."""
    draw, result = DRAWINGS[name], QIcon()
    for scale in SCALES:
        pixmap = QPixmap(SIDE * scale, SIDE * scale)
        pixmap.setDevicePixelRatio(scale)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(QColor(colour), STROKE, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        draw(painter, QColor(colour))
        painter.end()
        result.addPixmap(pixmap)
    return result


def _play(painter: QPainter, colour: QColor) -> None:
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF([QPointF(6.5, 4.5), QPointF(15.5, 10), QPointF(6.5, 15.5)]))


def _pause(painter: QPainter, colour: QColor) -> None:
    painter.setBrush(colour)
    for left in (5.5, 11.5):
        painter.drawRoundedRect(QRectF(left, 5, 3, 10), 0.8, 0.8)


def _step(painter: QPainter, colour: QColor) -> None:
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF([QPointF(5, 5), QPointF(12, 10), QPointF(5, 15)]))
    painter.drawLine(QPointF(15, 5), QPointF(15, 15))


def _reset(painter: QPainter, colour: QColor) -> None:
    painter.drawArc(QRectF(4.5, 4.5, 11, 11), 120 * 16, -300 * 16)
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF([QPointF(3.6, 3.6), QPointF(8.4, 4.4), QPointF(5.0, 8.0)]))


def _loop(painter: QPainter, colour: QColor) -> None:
    painter.drawRoundedRect(QRectF(3.5, 6.5, 13, 8), 4, 4)
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF([QPointF(9, 4), QPointF(12.4, 6.5), QPointF(9, 9)]))


def _undo(painter: QPainter, colour: QColor) -> None:
    path = QPainterPath(QPointF(4.5, 8))
    path.lineTo(11.5, 8)
    path.arcTo(QRectF(7.5, 8, 8, 7), 90, -180)
    path.lineTo(8, 15)
    painter.drawPath(path)
    painter.drawPolyline(QPolygonF([QPointF(7.5, 5), QPointF(4.5, 8), QPointF(7.5, 11)]))


def _redo(painter: QPainter, colour: QColor) -> None:
    painter.translate(SIDE, 0)
    painter.scale(-1, 1)
    _undo(painter, colour)


def _moon(painter: QPainter, colour: QColor) -> None:
    whole, bite = QPainterPath(), QPainterPath()
    whole.addEllipse(QPointF(10, 10), 6.5, 6.5)
    bite.addEllipse(QPointF(13.2, 7.4), 5.6, 5.6)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPath(whole.subtracted(bite))


def _sun(painter: QPainter, colour: QColor) -> None:
    painter.setBrush(colour)
    painter.drawEllipse(QPointF(10, 10), 3, 3)
    painter.translate(10, 10)
    for _ in range(8):
        painter.drawLine(QPointF(0, 5.8), QPointF(0, 7.4))
        painter.rotate(45)


def _search(painter: QPainter, colour: QColor) -> None:
    painter.drawEllipse(QPointF(8.8, 8.8), 4.6, 4.6)
    painter.drawLine(QPointF(12.3, 12.3), QPointF(16, 16))


def _back(painter: QPainter, colour: QColor) -> None:
    painter.translate(SIDE, 0)
    painter.scale(-1, 1)
    _play(painter, colour)


def _table(painter: QPainter, colour: QColor) -> None:
    painter.drawRoundedRect(QRectF(4, 5, 12, 10), 1.5, 1.5)
    for y in (8.4, 11.7):
        painter.drawLine(QPointF(4, y), QPointF(16, y))
    painter.drawLine(QPointF(9, 5), QPointF(9, 15))


def _widen(painter: QPainter, colour: QColor) -> None:
    painter.drawLine(QPointF(3.5, 10), QPointF(16.5, 10))
    for side, way in ((3.5, 1), (16.5, -1)):
        painter.drawPolyline(QPolygonF([QPointF(side + 3 * way, 7), QPointF(side, 10), QPointF(side + 3 * way, 13)]))


def _folder(painter: QPainter, colour: QColor) -> None:
    path = QPainterPath(QPointF(3.5, 15))
    for x, y in ((3.5, 5.5), (8, 5.5), (9.8, 7.5), (16.5, 7.5), (16.5, 15)):
        path.lineTo(x, y)
    path.closeSubpath()
    painter.drawPath(path)


DRAWINGS: dict[str, Callable[[QPainter, QColor], None]] = {
    "play": _play,
    "back": _back,
    "table": _table,
    "widen": _widen,
    "folder": _folder,
    "pause": _pause,
    "step": _step,
    "reset": _reset,
    "loop": _loop,
    "undo": _undo,
    "redo": _redo,
    "moon": _moon,
    "sun": _sun,
    "search": _search,
}
