"""ChoiceRow: one of a few named values, each with its own sentence."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSignalBlocker, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QComboBox

from nodeviz.ui import theme
from nodeviz.ui.controls.row import Row


class ChoiceBox(QComboBox):
    """A combo box that lets the wheel scroll the panel, and draws its own arrow in the theme's colour."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.current().secondary), 1.5, c=Qt.PenCapStyle.RoundCap))
        x, y = self.width() - 14.0, self.height() / 2
        painter.drawPolyline(QPolygonF([QPointF(x - 4, y - 2), QPointF(x, y + 2), QPointF(x + 4, y - 2)]))
        painter.end()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class ChoiceRow(Row):
    """For choices: a drop-down list, whose tooltip is the sentence of what is chosen."""

    def build(self) -> None:
        self.box = ChoiceBox()
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setMinimumContentsLength(8)
        for index, choice in enumerate(self.setting.choices):
            self.box.addItem(choice.label, choice.value)
            self.box.setItemData(index, choice.help, Qt.ItemDataRole.ToolTipRole)
        self.named(self.box)
        self.box.view().setAccessibleName(self.setting.label)
        self.box.activated.connect(self._on_activated)
        self._line.addWidget(self.box, 1)

    def show_value(self, value: str) -> None:
        with QSignalBlocker(self.box):
            self.box.setCurrentIndex(self.box.findData(value))
        sentence = self.box.currentData(Qt.ItemDataRole.ToolTipRole)
        self.box.setToolTip(f"{self.setting.help}\n{sentence}" if sentence else self.setting.help)

    def _on_activated(self, index: int) -> None:
        self.edit(self.box.itemData(index))
