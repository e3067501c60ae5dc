"""ChoiceBox: the box that shows what is chosen and opens the list of what could be."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSignalBlocker, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter

from nodeviz.settings import Setting
from nodeviz.ui import theme
from nodeviz.ui.controls.choice_list import ChoiceList

ARROW_SPACE = 34


class ChoiceBox(QComboBox):
    """A combo box whose list shows every choice's sentence. The wheel scrolls the panel, not the choice."""

    def __init__(self, setting: Setting) -> None:
        super().__init__()
        self._setting = setting
        self.list: ChoiceList | None = None
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        for choice in setting.choices:
            self.addItem(choice.label, choice.value)
        self.view().setAccessibleName(setting.label)

    def show_value(self, value: str) -> None:
        """Show `value` as what is chosen, with its sentence."""
        with QSignalBlocker(self):
            self.setCurrentIndex(self.findData(value))
        choice = self._setting.choices[self.currentIndex()]
        chosen = f"{choice.label}: {choice.help}" if choice.help else choice.label
        self.setToolTip(f"{self._setting.help}\n{chosen}")
        self.setAccessibleDescription(chosen)

    def rename(self, value: str, label: str) -> None:
        """Show `value` as `label` where it is chosen; the list that opens keeps what it says there."""
        self.setItemText(self.findData(value), label)

    def showPopup(self) -> None:
        if not any(choice.help for choice in self._setting.choices):
            super().showPopup()
            return
        if self.list is None:  # made when it is first asked for: the window opens without it
            self.list = ChoiceList(self._setting.choices, self)
            self.list.picked.connect(self._on_picked)
        self.list.open_at(self, self.currentData())

    def _on_picked(self, value: str) -> None:
        index = self.findData(value)
        self.setCurrentIndex(index)
        self.activated.emit(index)

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        room = self.width() - ARROW_SPACE
        option.currentText = self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, room)
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.current().secondary), 1.5, c=Qt.PenCapStyle.RoundCap))
        x, y = self.width() - 14.0, self.height() / 2
        painter.drawPolyline(QPolygonF([QPointF(x - 4, y - 2), QPointF(x, y + 2), QPointF(x + 4, y - 2)]))
        painter.end()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()
