"""StopsRow: a choice along a slider with named stops, for choices that have an order."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSignalBlocker
from PySide6.QtWidgets import QToolTip

from nodeviz.settings import Choice
from nodeviz.ui.controls.choice_box import ChoiceBox
from nodeviz.ui.controls.row import ROW_HEIGHT, Row
from nodeviz.ui.controls.slider import Slider


class StopsRow(Row):
    """The slider, in the row's whole width, stops at the common choices and at the one in force; the box lists all."""

    def build(self) -> None:
        self.box = ChoiceBox(self.setting)
        self.named(self.box)
        self.box.activated.connect(self._on_activated)
        self._line.addWidget(self.box, 1)
        self.slider = Slider(stops=True)
        self.slider.setPageStep(1)
        self.named(self.slider)
        self.slider.sliderPressed.connect(self.begin_gesture)
        self.slider.sliderReleased.connect(self._release)
        self.slider.valueChanged.connect(self._on_stop)
        self._body.addWidget(self.slider)
        self.setMinimumHeight(ROW_HEIGHT + self.slider.sizeHint().height())
        self.stops: tuple[Choice, ...] = ()

    def show_value(self, value: str) -> None:
        self.box.show_value(value)
        if not self.slider.isSliderDown():  # below a finger the stops stay where they are
            self.stops = tuple(choice for choice in self.setting.choices if choice.common or choice.value == value)
            with QSignalBlocker(self.slider):
                self.slider.setRange(0, len(self.stops) - 1)
                self.slider.setValue([choice.value for choice in self.stops].index(value))
                self.slider.update()
        choice = next(choice for choice in self.setting.choices if choice.value == value)
        self.slider.setToolTip(f"{choice.label}: {choice.help}")
        self.slider.setAccessibleDescription(f"{choice.label}. {choice.help}")

    def _on_stop(self, index: int) -> None:
        self.edit(self.stops[index].value)
        if self.slider.isSliderDown():
            below = self.slider.mapToGlobal(QPoint(0, self.slider.height()))
            QToolTip.showText(below, self.slider.toolTip(), self.slider)

    def _release(self) -> None:
        self.end_gesture()
        self.show_value(self.value)

    def _on_activated(self, index: int) -> None:
        self.edit(self.box.itemData(index))
