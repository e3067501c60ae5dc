"""The field: a network or a formula, and what shapes it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nodeviz.experiment import Experiment
from nodeviz.fields.formula import FormulaField
from nodeviz.fields.mlp import MLPField
from nodeviz.settings import settings_of
from nodeviz.ui.controls import row_for
from nodeviz.ui.panels.formula import FormulaEditor
from nodeviz.ui.panels.kind import KindRow
from nodeviz.ui.panels.section import Section
from nodeviz.ui.store import ExperimentStore

KINDS: dict[type[msgspec.Struct], str] = {MLPField: "Network", FormulaField: "Formula"}


class FieldPanel(Section):
    """The body below the choice of kind is made anew when the kind changes."""

    def __init__(self, store: ExperimentStore) -> None:
        super().__init__("Field")
        self._store = store
        self.kinds = KindRow("kind", "field", KINDS, store)
        self.add(self.kinds)
        self._place = QVBoxLayout()
        self._place.setContentsMargins(0, 0, 0, 0)
        self.add(self._place)
        self.body: QWidget = self._make_body(store.experiment)
        self._place.addWidget(self.body)
        store.changed.connect(self._on_changed)

    def show_learnt(self, values: Mapping[str, float]) -> None:
        """Where the parameters of a typed field stand now, by name; one that is missing stands where it was set."""
        if isinstance(self.body, FormulaEditor):
            self.body.show_learnt(values)

    def _make_body(self, experiment: Experiment) -> QWidget:
        if isinstance(experiment.field, FormulaField):
            return FormulaEditor(self._store)
        return NetworkRows(self._store)

    def _on_changed(self, before: Experiment, after: Experiment) -> None:
        if type(before.field) is type(after.field):
            return
        old, self.body = self.body, self._make_body(after)
        self._place.replaceWidget(old, self.body)
        self.body.show()
        old.hide()
        old.setParent(None)
        old.deleteLater()


class NetworkRows(QWidget):
    """One row for every setting of the network."""

    def __init__(self, store: ExperimentStore) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for setting in settings_of(MLPField):
            layout.addWidget(row_for(setting, "field", store))
