"""The formula editor: dx/dt and dy/dt as typed, and a slider for every name they use."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import NamedTuple

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from nodeviz.experiment import Experiment
from nodeviz.fields.formula import FormulaField, Parameter
from nodeviz.fields.formula_language import VARIABLES, FormulaError, check_parameter_name, names_in, parse
from nodeviz.settings import settings_of
from nodeviz.ui import theme
from nodeviz.ui.panels.formula_line import FormulaLine
from nodeviz.ui.panels.parameter import ParameterRow
from nodeviz.ui.store import ExperimentStore

NEW_NAME_PAUSE_MS = 700
"""A name that is being typed gets its slider when the typing pauses, not one for each letter on the way."""

_gestures = count()


class Reading(NamedTuple):
    """What the two lines say: the names they use, or what is wrong with each."""

    names: tuple[str, ...]
    dx_problem: FormulaError | None
    dy_problem: FormulaError | None

    @property
    def well(self) -> bool:
        return self.dx_problem is None and self.dy_problem is None


class FormulaEditor(QWidget):
    """Only formulas that can be read reach the store, so that the field keeps flowing while one types."""

    def __init__(self, store: ExperimentStore) -> None:
        super().__init__()
        self._store = store
        self._known: dict[str, Parameter] = {}
        self._gesture: object = None
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)
        helps = {setting.name: setting.help for setting in settings_of(FormulaField)}
        self.dx, self.dy = FormulaLine("dx/dt", helps["dx"]), FormulaLine("dy/dt", helps["dy"])
        self._pause = QTimer(self, interval=NEW_NAME_PAUSE_MS, singleShot=True)
        self._pause.timeout.connect(self._take_new_names)
        for line in (self.dx, self.dy):
            self._layout.addWidget(line)
            line.edit.textEdited.connect(self._on_typed)
            line.edit.editingFinished.connect(self._on_finished)
        self.heading = QLabel("trained")
        self.heading.setObjectName("caption")
        self.heading.setFont(theme.caption_font())
        self.heading.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.heading.setToolTip("Which parameters training may move.")
        self._layout.addWidget(self.heading)
        self.parameters: dict[str, ParameterRow] = {}
        self._show(store.experiment)
        store.changed.connect(self.follow)

    def follow(self, before: Experiment, after: Experiment) -> None:
        """Show `after` from now on."""
        self._show(after)

    def read(self) -> Reading:
        """What stands in the two lines now."""
        dx_names, dx_problem = _names(self.dx.edit.text())
        dy_names, dy_problem = _names(self.dy.edit.text())
        return Reading(tuple(dict.fromkeys(dx_names + dy_names)), dx_problem, dy_problem)

    def show_learnt(self, values: Mapping[str, float]) -> None:
        """Where the parameters stand now; one that is missing stands where it was set."""
        for name, row in self.parameters.items():
            row.show_learnt(values.get(name))

    def _on_typed(self) -> None:
        if self._gesture is None:
            self._gesture = ("formula", next(_gestures))
        reading = self.read()
        self.dx.show_problem(reading.dx_problem)
        self.dy.show_problem(reading.dy_problem)
        self._pause.stop()
        if not reading.well:
            return
        if set(reading.names) <= {parameter.name for parameter in self._field().parameters}:
            self._take(reading)
        else:
            self._pause.start()

    def _on_finished(self) -> None:
        self._take_new_names()
        self._gesture = None

    def _take_new_names(self) -> None:
        self._pause.stop()
        reading = self.read()
        if reading.well:
            self._take(reading)

    def _take(self, reading: Reading) -> None:
        now = self._field()
        dx, dy = self.dx.edit.text(), self.dy.edit.text()
        if (dx, dy) == (now.dx, now.dy):
            return
        try:
            field = FormulaField(dx, dy, self._parameters_of(reading.names, now))
        except ValueError as error:
            self._store.refused.emit(str(error))
            return
        self._store.edit("field", field, gesture=self._gesture)

    def _parameters_of(self, names: tuple[str, ...], now: FormulaField) -> tuple[Parameter, ...]:
        """A parameter for each name. Those there are stay in their order, so that training keeps what it has learnt.

        When names come or go the engine begins anew; then what was learnt of the others is where they begin.
        """
        kept = tuple(parameter for parameter in now.parameters if parameter.name in names)
        there = [parameter.name for parameter in kept]
        added = tuple(self._known.get(name, Parameter(name)) for name in names if name not in there)
        if added or len(kept) < len(now.parameters):
            kept = tuple(self.parameters[parameter.name].as_learnt(parameter) for parameter in kept)
        return kept + added

    def _field(self) -> FormulaField:
        field = self._store.experiment.field
        return field if isinstance(field, FormulaField) else FormulaField()

    def _show(self, experiment: Experiment) -> None:
        field = experiment.field
        if not isinstance(field, FormulaField):
            return
        for line, text in ((self.dx, field.dx), (self.dy, field.dy)):
            if line.edit.text() != text:
                line.edit.setText(text)
                line.show_problem(None)
        for parameter in field.parameters:
            self._known[parameter.name] = parameter
        self._show_parameters(field)

    def _show_parameters(self, field: FormulaField) -> None:
        names = [parameter.name for parameter in field.parameters]
        for name in [name for name in self.parameters if name not in names]:
            row = self.parameters.pop(name)
            self._layout.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.heading.setVisible(bool(names))
        for place, name in enumerate(names, start=self._layout.indexOf(self.heading) + 1):
            if name not in self.parameters:
                self.parameters[name] = ParameterRow(name, self._store)
            self._layout.insertWidget(place, self.parameters[name])


def _names(text: str) -> tuple[tuple[str, ...], FormulaError | None]:
    try:
        names = [name for name in names_in(parse(text)) if name.name not in VARIABLES]
        for name in names:
            _check(name.name, name.column)
    except FormulaError as error:
        return (), error
    return tuple(name.name for name in names), None


def _check(name: str, column: int) -> None:
    try:
        check_parameter_name(name)
    except ValueError as error:
        raise FormulaError(column, str(error)) from error
