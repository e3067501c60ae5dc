"""The field: a network, a formula or another kind, and what shapes it."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QVBoxLayout

from nodeviz.experiment import Experiment
from nodeviz.fields.formula import FormulaField
from nodeviz.settings import Setting
from nodeviz.ui.alternatives import Alternatives
from nodeviz.ui.panels.formula import FormulaEditor
from nodeviz.ui.panels.kind import KindRow
from nodeviz.ui.panels.section import Section
from nodeviz.ui.panels.setting_rows import SettingRows
from nodeviz.ui.store import ExperimentStore

RARE = ("first_weights", "cubed", "hyper_width", "terms", "span")


class FieldPanel(Section):
    """The body below the choice of kind is made anew when the kind changes. Settings that change nothing are hidden."""

    def __init__(self, store: ExperimentStore, alternatives: Alternatives) -> None:
        super().__init__("Field")
        self._store = store
        self.kinds = KindRow("field", store, alternatives)
        self.add(self.kinds)
        self._place = QVBoxLayout()
        self._place.setContentsMargins(0, 0, 0, 0)
        self.add(self._place)
        self.body: FormulaEditor | SettingRows = self._make_body(store.experiment)
        self._place.addWidget(self.body)
        self.rare = SettingRows("field", store, _rare, _idle, parent=self)
        self.add_more(self.rare)
        self._show_more(store.experiment)
        store.changed.connect(self._on_changed)

    def show_learnt(self, values: Mapping[str, float]) -> None:
        """Where the parameters of a typed field stand now, by name; one that is missing stands where it was set."""
        if isinstance(self.body, FormulaEditor):
            self.body.show_learnt(values)

    def _make_body(self, experiment: Experiment) -> FormulaEditor | SettingRows:
        if isinstance(experiment.field, FormulaField):
            return FormulaEditor(self._store)
        return SettingRows("field", self._store, lambda setting: not _rare(setting), _idle, parent=self)

    def _on_changed(self, before: Experiment, after: Experiment) -> None:
        self._show_more(after)
        if type(before.field) is type(after.field):
            return
        old, self.body = self.body, self._make_body(after)
        self._store.changed.disconnect(old.follow)  # or it would show the new kind too, in a window of its own
        self._place.replaceWidget(old, self.body)
        self.body.show()
        old.hide()
        old.setParent(None)
        old.deleteLater()

    def _show_more(self, experiment: Experiment) -> None:
        idle = _idle(experiment)
        self.offer_more(any(name not in idle for name in self.rare.rows))


def _rare(setting: Setting) -> bool:
    return setting.name in RARE


def _idle(experiment: Experiment) -> frozenset[str]:
    return experiment.field.idle
