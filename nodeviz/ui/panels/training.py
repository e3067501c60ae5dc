"""The training: the optimiser and what steers it."""

from __future__ import annotations

from nodeviz.experiment import TrainingSettings
from nodeviz.settings import settings_of
from nodeviz.ui.controls import row_for
from nodeviz.ui.controls.row import Row
from nodeviz.ui.panels.section import Section
from nodeviz.ui.store import ExperimentStore

FREQUENT = ("optimiser", "learning_rate")


class TrainingPanel(Section):
    """Every setting of the training, the frequent ones first."""

    def __init__(self, store: ExperimentStore) -> None:
        super().__init__("Training")
        self.rows: dict[str, Row] = {}
        for setting in settings_of(TrainingSettings):
            row = self.rows[setting.name] = row_for(setting, "training", store)
            self.add(row) if setting.name in FREQUENT else self.add_more(row)
