"""NumberRow: a bounded number as a slider beside a field that can be typed in; an unbounded one as the field alone."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker

from nodeviz.ui import figures
from nodeviz.ui.controls.row import VALUE_WIDTH, Row
from nodeviz.ui.controls.scale import POSITIONS, scale_of
from nodeviz.ui.controls.slider import Slider
from nodeviz.ui.controls.value_field import ValueField


class NumberRow(Row):
    """For floats and whole numbers, linear and logarithmic."""

    def build(self) -> None:
        self.scale = scale_of(self.setting)
        self.slider = Slider() if self.scale is not None else None
        if self.slider is not None:
            self.slider.setRange(0, POSITIONS)
            self.slider.setSingleStep(POSITIONS // 100)
            self.slider.setPageStep(POSITIONS // 10)
            self.slider.sliderPressed.connect(self.begin_gesture)
            self.slider.sliderReleased.connect(self._release)
            self.slider.valueChanged.connect(self._on_position)
            self.named(self.slider)
            self._line.addWidget(self.slider, 1)
        else:
            self._line.addStretch(1)
        self.field = ValueField()
        self.field.setFixedWidth(VALUE_WIDTH if self.slider is not None else 2 * VALUE_WIDTH)
        self.field.entered.connect(self._on_number)
        self.field.stepped.connect(self._on_steps)
        self.field.misread.connect(self._store.refused)
        self.named(self.field)
        self._line.addWidget(self.field)

    def show_value(self, value: float) -> None:
        logarithmic = self.scale is not None and self.scale.logarithmic
        text = str(value) if self.setting.kind == "int" else figures.setting_text(value, logarithmic=logarithmic)
        self.field.show_text(text, self.setting.unit)
        if self.slider is not None and self.scale is not None and not self.slider.isSliderDown():
            with QSignalBlocker(self.slider):
                self.slider.setValue(self.scale.position(value))
                self.slider.update()

    def _on_position(self, position: int) -> None:
        if self.scale is not None:
            self.edit(self.scale.value(position))

    def _on_number(self, number: float) -> None:
        if self.setting.kind == "int" and number == round(number):
            number = round(number)
        self.edit(number)
        self.show_value(self.value)

    def _on_steps(self, steps: int) -> None:
        if self.scale is not None:
            self.edit(self.scale.stepped(self.value, steps))
        elif self.setting.kind == "int":
            self.edit(max(self.value + steps, round(self.setting.low or 0)))

    def _release(self) -> None:
        self.end_gesture()
        self.show_value(self.value)
