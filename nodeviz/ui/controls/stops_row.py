"""StopsRow: a choice along a slider with named stops, for choices that have an order."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QLabel

from nodeviz.ui import theme
from nodeviz.ui.controls.row import VALUE_WIDTH, Row
from nodeviz.ui.controls.slider import Slider


class StopsRow(Row):
    """The stop's name stands at the right, what it is called in full below."""

    def build(self) -> None:
        self.slider = Slider(stops=True)
        self.slider.setRange(0, len(self.setting.choices) - 1)
        self.slider.setPageStep(1)
        self.named(self.slider)
        self.slider.sliderPressed.connect(self.begin_gesture)
        self.slider.sliderReleased.connect(self.end_gesture)
        self.slider.valueChanged.connect(self._on_stop)
        self._line.addWidget(self.slider, 1)
        self.name = QLabel()
        self.name.setFixedWidth(VALUE_WIDTH)
        self.name.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._line.addWidget(self.name)
        self.caption = QLabel()
        self.caption.setObjectName("caption")
        self.caption.setFont(theme.caption_font())
        self.caption.setWordWrap(True)
        self._body.addWidget(self.caption)

    def show_value(self, value: str) -> None:
        values = [choice.value for choice in self.setting.choices]
        index = values.index(value)
        choice = self.setting.choices[index]
        with QSignalBlocker(self.slider):
            self.slider.setValue(index)
            self.slider.update()
        self.name.setText(choice.value)
        self.caption.setText(choice.label)
        self.slider.setToolTip(f"{choice.label}: {choice.help}")
        self.slider.setAccessibleDescription(f"{choice.label}. {choice.help}")

    def _on_stop(self, index: int) -> None:
        self.edit(self.setting.choices[index].value)
