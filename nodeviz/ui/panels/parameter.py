"""ParameterRow: a formula's named number, with its slider and whether training may move it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import msgspec
import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt
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

VALUE_WIDTH = 72
"""Room for −0.0123."""

_gestures = count()


class ParameterRow(QWidget):
    """Shows where the parameter stands now; once training has moved it, a tick on the slider keeps where it began.

    To move it is to set it, there and then and for the next reset. A value typed beyond the slider's ends widens them.
    """

    def __init__(self, name: str, store: ExperimentStore) -> None:
        super().__init__()
        self.name = name
        self._store = store
        self._gesture: object = None
        self._declared: float | None = None
        self._learnt: float | None = None
        self._kept = False
        """Whether the drag under way has put down in the history what was learnt before it."""
        self.setMinimumHeight(ROW_HEIGHT)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(theme.SPACE_SMALL)
        label = QLabel(name)
        label.setFont(chrome.formula_font())
        label.setFixedWidth(NAME_WIDTH)
        label.setText(label.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, NAME_WIDTH))
        label.setToolTip(name)
        self.slider, self.field, self.train = Slider(), ValueField(), Switch()
        self.slider.setRange(0, POSITIONS)
        self.slider.setSingleStep(POSITIONS // 100)
        self.field.setFixedWidth(VALUE_WIDTH)
        for widget in (label, self.slider, self.field, self.train):
            line.addWidget(widget, 1 if widget is self.slider else 0)
        for control, what in ((self.slider, "value"), (self.field, "value"), (self.train, "may be trained")):
            control.setAccessibleName(f"{name}, {what}")
        self.train.setToolTip(f"Whether training may move {name}.")
        self._listen()
        self._show(store.experiment)

    def show_learnt(self, value: float | None) -> None:
        """Where training has moved the parameter; None: it stands where it was set."""
        moved = value is not None and np.isfinite(value) and value != np.float32(self._parameter().value)
        learnt = value if moved else None
        if learnt != self._learnt:
            self._learnt = learnt
            self._show_now()

    def as_learnt(self, parameter: Parameter) -> Parameter:
        """`parameter` set to where it stands now."""
        return parameter if self._learnt is None else _put_at(parameter, self._learnt)

    def _listen(self) -> None:
        self.slider.sliderPressed.connect(self._begin_gesture)
        self.slider.sliderReleased.connect(self._end_gesture)
        self.slider.valueChanged.connect(lambda position: self._set_value(self._scale().value(position)))
        self.field.entered.connect(self._set_value)
        self.field.editingFinished.connect(self._show_now)
        self.field.stepped.connect(lambda steps: self._set_value(self._scale().stepped(self._now(), steps)))
        self.field.misread.connect(self._store.refused)
        self.train.toggled.connect(lambda on: self._edit(lambda known: msgspec.structs.replace(known, trained=on)))
        self._store.changed.connect(self._on_changed)

    def _begin_gesture(self) -> None:
        self._gesture, self._kept = ("parameter", self.name, next(_gestures)), False

    def _end_gesture(self) -> None:
        self._gesture = None
        self._show(self._store.experiment)

    def _set_value(self, value: float) -> None:
        if self._learnt is not None and not (self._gesture is not None and self._kept):
            learnt, began = self._learnt, self._parameter().value
            gesture, self._gesture = self._gesture, None
            self._edit(lambda known: _put_at(known, learnt))  # so that undo goes back to what was learnt
            self._gesture, self._kept = gesture, True
            if value == began:  # the engine moves a parameter when it is set to another value than before
                value = float(np.nextafter(np.float32(value), np.float32(learnt)))
        self._edit(lambda known: _put_at(known, value))

    def _now(self) -> float:
        return self._parameter().value if self._learnt is None else self._learnt

    def _edit(self, change: Callable[[Parameter], Parameter]) -> None:
        field = self._store.experiment.field
        if not isinstance(field, FormulaField):
            return
        try:
            parameters = tuple(change(known) if known.name == self.name else known for known in field.parameters)
        except ValueError as error:
            self._store.refused.emit(str(error))
            self._show_now()
            return
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
        if parameter.value != self._declared:  # it was put there, so what was learnt is no more
            self._declared, self._learnt = parameter.value, None
        with QSignalBlocker(self.train):
            self.train.setChecked(parameter.trained)
            self.train.update()
        self._show_now()

    def _show_now(self) -> None:
        if self.slider.isSliderDown():
            self._show_number(self._parameter().value)
            return
        set_to, scale = self._parameter().value, self._scale()
        if not self.field.isModified():
            self._show_number(self._now())
        with QSignalBlocker(self.slider):
            self.slider.setValue(scale.position(self._now()))
            self.slider.set_tick(None if self._learnt is None else scale.position(set_to))
            self.slider.update()
        tip = f"Where {self.name} stands now."
        if self._learnt is not None:
            tip += f" Training began at the tick, {figures.figure(set_to)}; Reset goes back there."
        for control in (self.slider, self.field):
            control.setToolTip(tip)

    def _show_number(self, value: float) -> None:
        learnt = self._learnt is not None and value == self._learnt
        text = figures.figure(value) if learnt else figures.setting_text(value, logarithmic=False)
        self.field.show_text(text)


def _put_at(parameter: Parameter, value: float) -> Parameter:
    """`parameter` at `value`, its slider made to reach there."""
    low, high = min(parameter.low, value), max(parameter.high, value)
    return msgspec.structs.replace(parameter, value=value, low=low, high=high)
