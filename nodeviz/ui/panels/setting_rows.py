"""SettingRows: the rows of whatever kind of thing stands in a section of the experiment."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QVBoxLayout, QWidget

from nodeviz.experiment import Experiment
from nodeviz.settings import Setting, settings_of, value_at
from nodeviz.ui import theme
from nodeviz.ui.controls import row_for
from nodeviz.ui.controls.row import Row
from nodeviz.ui.store import ExperimentStore


def nothing(experiment: Experiment) -> frozenset[str]:
    """For sections of which every setting always counts."""
    return frozenset()


class SettingRows(QWidget):
    """Those settings that `shown` picks, made anew when the section is of another kind. `idle` ones are hidden."""

    def __init__(
        self,
        section: str,
        store: ExperimentStore,
        shown: Callable[[Setting], bool] = lambda setting: True,
        idle: Callable[[Experiment], frozenset[str]] = nothing,
        first: str = "",
        *,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)  # from the first: a widget without a parent would be shown as a window of its own
        self._section, self._store, self._shown, self._idle, self._first = section, store, shown, idle, first
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(theme.SPACE_SMALL)
        self.rows: dict[str, Row] = {}
        self._kind: type = type(None)
        self._show(store.experiment)
        store.changed.connect(self.follow)

    def follow(self, before: Experiment, after: Experiment) -> None:
        """Show `after` from now on."""
        self._show(after)

    def _show(self, experiment: Experiment) -> None:
        kind = type(value_at(experiment, self._section))
        if kind is not self._kind:
            self._kind = kind
            self._make()
        idle = self._idle(experiment)
        for name, row in self.rows.items():
            row.setVisible(name not in idle)
        self.setVisible(any(name not in idle for name in self.rows))

    def _make(self) -> None:
        for row in self.rows.values():
            self._layout.removeWidget(row)
            row.hide()
            row.deleteLater()
        chosen = [setting for setting in settings_of(self._kind) if self._shown(setting)]
        chosen.sort(key=lambda setting: setting.name != self._first)
        self.rows = {setting.name: row_for(setting, self._section, self._store) for setting in chosen}
        for row in self.rows.values():
            self._layout.addWidget(row)
