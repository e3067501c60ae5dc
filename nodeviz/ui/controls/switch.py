"""Switch: on or off, drawn as a switch; a check box to the keyboard and to screen readers."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QWidget

from nodeviz.ui import theme

WIDTH, HEIGHT = 32.0, 18.0


class Switch(QCheckBox):
    """Space toggles it while it has the focus, in place of the shortcut that Space is elsewhere."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def sizeHint(self) -> QSize:
        return QSize(round(WIDTH) + 4, 22)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def hitButton(self, position: QPoint) -> bool:
        return self.rect().contains(position)

    def event(self, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Space
        ):
            event.accept()
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF(2.0, (self.height() - HEIGHT) / 2, WIDTH, HEIGHT)
        on = self.isChecked()
        painter.setOpacity(1.0 if self.isEnabled() else 0.45)
        painter.setPen(QColor(colours.blue) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.blue if on else colours.hairline))
        painter.drawRoundedRect(track, HEIGHT / 2, HEIGHT / 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.panel if on else colours.secondary))
        centre = QPointF(track.right() - HEIGHT / 2 if on else track.left() + HEIGHT / 2, track.center().y())
        painter.drawEllipse(centre, HEIGHT / 2 - 3, HEIGHT / 2 - 3)
        painter.end()
