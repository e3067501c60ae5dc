"""The problem: what is learnt, and from which data."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout

from nodeviz.experiment import Experiment
from nodeviz.settings import Setting, settings_of
from nodeviz.ui import theme
from nodeviz.ui.controls import row_for
from nodeviz.ui.controls.row import Row
from nodeviz.ui.panels.section import Section
from nodeviz.ui.panels.thumbnail import Thumbnail
from nodeviz.ui.store import ExperimentStore


class ProblemPanel(Section):
    """Data with its thumbnail and noise; how often it is observed and how windows are drawn stand behind "more"."""

    def __init__(self, store: ExperimentStore) -> None:
        super().__init__("Problem")
        self._store = store
        self.thumbnail = Thumbnail()
        self._add_summary(store.experiment)
        self.rows: dict[str, Row] = {}
        for setting in settings_of(type(store.experiment.dataset)):
            row = self._row(setting, "dataset")
            self.add(row) if setting.name == "noise" else self.add_more(row)
        for setting in settings_of(type(store.experiment.task)):
            self.add_more(self._row(setting, "task"))
        self._show(store.experiment)
        store.changed.connect(self._on_changed)

    def _add_summary(self, experiment: Experiment) -> None:
        line = QHBoxLayout()
        line.setSpacing(12)
        line.addWidget(self.thumbnail)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        self.data = QLabel()
        self.task = QLabel()
        self.amount = QLabel()
        for label in (self.task, self.amount):
            label.setObjectName("caption")
            label.setFont(theme.caption_font())
            label.setWordWrap(True)
        for label in (self.data, self.task, self.amount):
            words.addWidget(label)
        words.addStretch(1)
        line.addLayout(words, 1)
        self.add(line)

    def _row(self, setting: Setting, section: str) -> Row:
        row = row_for(setting, section, self._store)
        self.rows[row.path] = row
        return row

    def _show(self, experiment: Experiment) -> None:
        data, task = type(experiment.dataset), type(experiment.task)
        self.data.setText(_title(data.__name__))
        self.data.setToolTip(_sentence(data))
        self.task.setText(_title(task.__name__))
        self.task.setToolTip(_sentence(task))
        self.amount.setText(f"{experiment.dataset.points} points in {experiment.dataset.duration:g} s")
        self.thumbnail.setToolTip(_sentence(data))
        self.thumbnail.show_data(experiment.dataset.sample(experiment.training.seed))

    def _on_changed(self, before: Experiment, after: Experiment) -> None:
        if (before.dataset, before.task, before.training.seed) != (after.dataset, after.task, after.training.seed):
            self._show(after)


def _title(name: str) -> str:
    """FitTrajectories -> Fit trajectories."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
    return words[:1].upper() + words[1:]


def _sentence(declared: type) -> str:
    return (declared.__doc__ or "").strip().splitlines()[0]
