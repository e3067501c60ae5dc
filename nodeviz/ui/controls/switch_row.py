"""SwitchRow: yes or no."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker

from nodeviz.ui.controls.row import Row
from nodeviz.ui.controls.switch import Switch


class SwitchRow(Row):
    """For booleans: the switch stands where the other rows have their values."""

    def build(self) -> None:
        self.switch = Switch()
        self.named(self.switch)
        self.switch.toggled.connect(self.edit)
        self._line.addStretch(1)
        self._line.addWidget(self.switch)
        self.label.setMinimumWidth(0)
        self.label.setMaximumWidth(16777215)

    def show_value(self, value: bool) -> None:
        with QSignalBlocker(self.switch):
            self.switch.setChecked(value)
            self.switch.update()
