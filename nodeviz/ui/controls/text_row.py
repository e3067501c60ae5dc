"""TextRow: a line of text."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit

from nodeviz.ui.controls.row import Row


class TextRow(Row):
    """For text: what was typed is taken when the field is left or Return is pressed."""

    def build(self) -> None:
        self.text = QLineEdit()
        self.named(self.text)
        self.text.editingFinished.connect(lambda: self.edit(self.text.text()))
        self._line.addWidget(self.text, 1)

    def show_value(self, value: str) -> None:
        if self.text.text() != value:
            self.text.setText(value)
