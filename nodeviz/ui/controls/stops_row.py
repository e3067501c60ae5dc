"""StopsRow: a choice along a slider with named stops, for choices that have an order."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QLabel

from nodeviz.ui.controls.row import Row
from nodeviz.ui.controls.slider import Slider


class StopsRow(Row):
    """What the stop is called stands at the right, the slider below in the row's whole width."""

    def build(self) -> None:
        self.slider = Slider(stops=True)
        self.slider.setRange(0, len(self.setting.choices) - 1)
        self.slider.setPageStep(1)
        self.named(self.slider)
        self.slider.sliderPressed.connect(self.begin_gesture)
        self.slider.sliderReleased.connect(self.end_gesture)
        self.slider.valueChanged.connect(self._on_stop)
        self.name = QLabel()
        self.name.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._line.addWidget(self.name, 1)
        self._body.addWidget(self.slider)

    def show_value(self, value: str) -> None:
        values = [choice.value for choice in self.setting.choices]
        index = values.index(value)
        choice = self.setting.choices[index]
        with QSignalBlocker(self.slider):
            self.slider.setValue(index)
            self.slider.update()
        self.name.setText(choice.label)
        self.slider.setToolTip(f"{choice.label}: {choice.help}")
        self.slider.setAccessibleDescription(f"{choice.label}. {choice.help}")

    def _on_stop(self, index: int) -> None:
        self.edit(self.setting.choices[index].value)
