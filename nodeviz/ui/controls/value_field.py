"""ValueField: a number that can be read, typed over and stepped with the arrow keys."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from nodeviz.ui import chrome, figures

STEPS = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: 10, Qt.Key.Key_PageDown: -10}


class ValueField(QLineEdit):
    """Emits `entered(number)` for what was typed, `stepped(steps)` for arrow keys, `misread(sentence)` otherwise."""

    entered = Signal(float)
    stepped = Signal(int)
    misread = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFont(chrome.value_font())
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._shown = ""
        self._unit = ""
        self.editingFinished.connect(self._read)

    def show_text(self, text: str, unit: str = "") -> None:
        """Show `text`, with its unit while nobody types."""
        self._shown, self._unit = text, unit
        self._rest()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.setText(self._shown)
        super().focusInEvent(event)
        self.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._rest()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in STEPS:
            self.stepped.emit(STEPS[key])
            self.selectAll()
        elif key == Qt.Key.Key_Escape:
            self._rest()
            self.clearFocus()
        else:
            super().keyPressEvent(event)

    def _read(self) -> None:
        self.setModified(False)  # what was typed is dealt with
        text = self.text().removesuffix(self._unit).strip()
        if text == self._shown:
            return
        try:
            number = figures.parse(text)
        except ValueError as error:
            self._rest()
            self.misread.emit(str(error))
            return
        self.entered.emit(number)

    def _rest(self) -> None:
        unit = f" {self._unit}" if self._unit and not self.hasFocus() else ""
        self.setText(self._shown + unit)
