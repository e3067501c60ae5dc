"""The solver: how trajectories are integrated and differentiated, and at what tolerance."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel

from nodeviz.experiment import Experiment, SolverSettings
from nodeviz.settings import settings_of
from nodeviz.tasks.solving import OWN, OWN_CHOICE
from nodeviz.ui import theme
from nodeviz.ui.controls import row_for
from nodeviz.ui.controls.row import Row
from nodeviz.ui.controls.stops_row import StopsRow
from nodeviz.ui.panels.section import Section
from nodeviz.ui.panels.setting_rows import SettingRows
from nodeviz.ui.store import ExperimentStore

CAUTION = "Its gradient can be wrong by orders of magnitude at loose tolerances; checkpointed is exact."
RUNS_BACKWARDS = ("backsolve", "backsolve_full")
RARE = ("controller", "stepping", "max_steps")


class SolverPanel(Section):
    """Tolerances stand here for adaptive methods, the step size for the others; and why a choice has no effect."""

    def __init__(self, store: ExperimentStore) -> None:
        super().__init__("Solver")
        settings = {setting.name: setting for setting in settings_of(SolverSettings)}
        self.method = StopsRow(settings.pop("method"), "solver", store)
        self.rows: dict[str, Row] = {"method": self.method}
        self.rows |= {name: row_for(setting, "solver", store) for name, setting in settings.items()}
        for name, row in self.rows.items():
            if name not in RARE:
                self.add(row)
        self.caution = QLabel(CAUTION)
        self.caution.setObjectName("warning")
        self.caution.setFont(theme.caption_font())
        self.caution.setWordWrap(True)
        self.add(self.caution)
        self.without_effect = QLabel()
        self.without_effect.setFont(theme.caption_font())
        self.without_effect.setWordWrap(True)
        self.add(self.without_effect)
        self.layers = SettingRows("view", store, lambda setting: setting.name == "layers", _without_layers, parent=self)
        self.add(self.layers)
        self.add_more(*(self.rows[name] for name in RARE))
        self._show(store.experiment)
        store.changed.connect(self._on_changed)

    def _on_changed(self, before: Experiment, after: Experiment) -> None:
        self._show(after)

    def _show(self, experiment: Experiment) -> None:
        self.method.box.rename(OWN, experiment.solver.tableau.label if experiment.solver.tableau else OWN_CHOICE.label)
        adaptive = not experiment.solver.steps_are_fixed
        self.rows["rtol"].setVisible(adaptive)
        self.rows["atol"].setVisible(adaptive)
        self.rows["dt"].setVisible(not adaptive)
        self.caution.setVisible(experiment.solver.gradient in RUNS_BACKWARDS)
        sentences = experiment.solver.without_effect
        self.without_effect.setText("\n".join(sentences))
        self.without_effect.setVisible(bool(sentences))


def _without_layers(experiment: Experiment) -> frozenset[str]:
    """Only a flow that classifies is also shown as a ResNet."""
    return frozenset() if experiment.task.shows == "classes" else frozenset(("layers",))
