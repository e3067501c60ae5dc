"""ParameterRow: a formula's named number, with its slider and whether training may move it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import msgspec
from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from nodeviz.experiment import Experiment
from nodeviz.fields.formula import FormulaField, Parameter
from nodeviz.ui import chrome, figures, theme
from nodeviz.ui.controls.row import ROW_HEIGHT
from nodeviz.ui.controls.scale import POSITIONS, Scale
from nodeviz.ui.controls.slider import Slider
from nodeviz.ui.controls.switch import Switch
from nodeviz.ui.controls.value_field import ValueField
from nodeviz.ui.panels.formula_line import NAME_WIDTH
from nodeviz.ui.store import ExperimentStore

_gestures = count()


class ParameterRow(QWidget):
    """A value typed beyond the slider's ends widens them."""

    def __init__(self, name: str, store: ExperimentStore) -> None:
        super().__init__()
        self.name = name
        self._store = store
        self._gesture: object = None
        self.setMinimumHeight(ROW_HEIGHT)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(theme.SPACE_SMALL)
        label = QLabel(name)
        label.setFont(chrome.formula_font())
        label.setFixedWidth(NAME_WIDTH)
        self.slider, self.field, self.train = Slider(), ValueField(), Switch()
        self.slider.setRange(0, POSITIONS)
        self.slider.setSingleStep(POSITIONS // 100)
        self.field.setFixedWidth(60)
        caption = QLabel("train")
        caption.setObjectName("caption")
        caption.setFont(theme.caption_font())
        for widget in (label, self.slider, self.field, caption, self.train):
            line.addWidget(widget, 1 if widget is self.slider else 0)
        for control, what in ((self.slider, "value"), (self.field, "value"), (self.train, "may be trained")):
            control.setAccessibleName(f"{name}, {what}")
        self.slider.setToolTip(f"Where {name} stands before training.")
        self.field.setToolTip(f"Where {name} stands before training.")
        self.train.setToolTip(f"Whether training may move {name}.")
        self._listen()
        self._show(store.experiment)

    def _listen(self) -> None:
        self.slider.sliderPressed.connect(self._begin_gesture)
        self.slider.sliderReleased.connect(self._end_gesture)
        self.slider.valueChanged.connect(lambda position: self._set_value(self._scale().value(position)))
        self.field.entered.connect(self._set_value)
        self.field.stepped.connect(lambda steps: self._set_value(self._scale().stepped(self._parameter().value, steps)))
        self.field.misread.connect(self._store.refused)
        self.train.toggled.connect(lambda on: self._edit(lambda known: msgspec.structs.replace(known, trained=on)))
        self._store.changed.connect(self._on_changed)

    def _begin_gesture(self) -> None:
        self._gesture = ("parameter", self.name, next(_gestures))

    def _end_gesture(self) -> None:
        self._gesture = None
        self._show(self._store.experiment)

    def _set_value(self, value: float) -> None:
        def moved(known: Parameter) -> Parameter:
            return msgspec.structs.replace(known, value=value, low=min(known.low, value), high=max(known.high, value))

        self._edit(moved)

    def _edit(self, change: Callable[[Parameter], Parameter]) -> None:
        field = self._store.experiment.field
        if isinstance(field, FormulaField):
            parameters = tuple(change(known) if known.name == self.name else known for known in field.parameters)
            self._store.edit("field.parameters", parameters, gesture=self._gesture)

    def _parameter(self) -> Parameter:
        field = self._store.experiment.field
        known = field.parameters if isinstance(field, FormulaField) else ()
        return next((parameter for parameter in known if parameter.name == self.name), Parameter(self.name))

    def _scale(self) -> Scale:
        parameter = self._parameter()
        return Scale(parameter.low, max(parameter.high, parameter.low + 1e-9), logarithmic=False, whole=False)

    def _on_changed(self, before: Experiment, after: Experiment) -> None:
        self._show(after)

    def _show(self, experiment: Experiment) -> None:
        parameter = self._parameter()
        self.field.show_text(figures.setting_text(parameter.value, logarithmic=False))
        with QSignalBlocker(self.train):
            self.train.setChecked(parameter.trained)
            self.train.update()
        if not self.slider.isSliderDown():
            with QSignalBlocker(self.slider):
                self.slider.setValue(self._scale().position(parameter.value))
                self.slider.update()
