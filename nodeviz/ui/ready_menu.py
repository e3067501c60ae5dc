"""The menu of ready-made experiments, by task, each with a sentence of what it is."""

from __future__ import annotations

from PySide6.QtWidgets import QMenu, QWidget

from nodeviz.assets_path import ready_made
from nodeviz.experiment import Experiment
from nodeviz.tasks import TASKS
from nodeviz.ui import chrome
from nodeviz.ui.actions import Actions
from nodeviz.ui.alternatives import ready_experiments, sentence_of


class ReadyMenu(QMenu):
    """Filled when it is first shown: the window opens without reading the files."""

    def __init__(self, actions: Actions, parent: QWidget) -> None:
        super().__init__("Ready-made", parent)
        self._actions = actions
        self.setToolTipsVisible(True)
        chrome.dress(self)
        self.aboutToShow.connect(self.fill)

    def fill(self) -> None:
        """One entry an experiment, below the title of its task."""
        if not self.isEmpty():
            return
        found = list(zip(ready_made(), ready_experiments(), strict=True))
        for task in TASKS:
            if not self.isEmpty():
                self.addSeparator()
            self.addAction(task.title).setEnabled(False)
            for name, experiment in found:
                if type(experiment.task) is task:
                    entry = self.addAction(experiment.name[:1].upper() + experiment.name[1:])
                    entry.setToolTip(_sentence(experiment))
                    entry.triggered.connect(self._actions[f"ready-made {name}"].trigger)


def _sentence(experiment: Experiment) -> str:
    """What is learnt, from what, by which field."""
    return f"{sentence_of(type(experiment.dataset))}\n{sentence_of(type(experiment.field))}"
