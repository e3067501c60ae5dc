"""The problem: what is learnt, and from which data."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel

from nodeviz.datasets.declared import PointDataset, TrajectoryDataset, title_of
from nodeviz.experiment import Experiment
from nodeviz.settings import Setting, settings_of
from nodeviz.ui import figures, theme
from nodeviz.ui.alternatives import Alternatives, sentence_of
from nodeviz.ui.controls.row import Row
from nodeviz.ui.panels.gallery import Gallery
from nodeviz.ui.panels.kind import KindRow
from nodeviz.ui.panels.section import Section
from nodeviz.ui.panels.setting_rows import SettingRows
from nodeviz.ui.store import ExperimentStore

RARE = frozenset(setting.name for base in (TrajectoryDataset, PointDataset) for setting in settings_of(base))
"""What all datasets have: how much is drawn, and how it is divided. What makes each its own is not rare."""
FREQUENT = ("objective", "end")
"""Of a task's settings."""


class ProblemPanel(Section):
    """Task and data, the data's own settings, noise first, and what the task aims at; the rest behind "more"."""

    def __init__(self, store: ExperimentStore, alternatives: Alternatives) -> None:
        super().__init__("Problem")
        self._store = store
        self.tasks = KindRow("task", store, alternatives)
        self.gallery = Gallery(store, alternatives)
        self._own = SettingRows("dataset", store, lambda setting: not _rare(setting), first="noise", parent=self)
        self._common = SettingRows("dataset", store, _rare, parent=self)
        self._aim = SettingRows("task", store, lambda setting: setting.name in FREQUENT, parent=self)
        self._task = SettingRows("task", store, lambda setting: setting.name not in FREQUENT, parent=self)
        self.add(self.tasks)
        self.add(self.gallery)
        self._add_summary()
        self.add(self._own)
        self.add(self._aim)
        self.add_more(self._common, self._task)
        self._show(store.experiment)
        store.changed.connect(self._on_changed)

    @property
    def rows(self) -> dict[str, Row]:
        """Every row by its setting's path."""
        parts = (self._own, self._aim, self._common, self._task)
        return {row.path: row for part in parts for row in part.rows.values()}

    def _add_summary(self) -> None:
        line = QHBoxLayout()
        line.setSpacing(theme.SPACE)
        self.data, self.amount = QLabel(), QLabel()
        self.amount.setObjectName("caption")
        self.amount.setFont(theme.caption_font())
        line.addWidget(self.data)
        line.addWidget(self.amount)
        line.addStretch(1)
        self.add(line)

    def _on_changed(self, before: Experiment, after: Experiment) -> None:
        self._show(after)

    def _show(self, experiment: Experiment) -> None:
        kind = type(experiment.dataset)
        self.data.setText(title_of(kind))
        self.data.setToolTip(sentence_of(kind))
        self.amount.setText(_amount(experiment.dataset))
        points = isinstance(experiment.dataset, PointDataset)
        self.amount.setToolTip("Points to train on, and points held out to judge by." if points else "")


def _rare(setting: Setting) -> bool:
    return setting.name in RARE


def _amount(dataset: object) -> str:
    """How much there is of it, in words."""
    if isinstance(dataset, TrajectoryDataset):
        return f"{figures.count(dataset.points)} points in {dataset.duration:g} s"
    if isinstance(dataset, PointDataset):
        held = dataset.judging
        return f"{figures.count(dataset.drawn - held)} + {figures.count(held)} points"
    return "known up to a factor"
