"""What is said while an experiment's own data cannot be read: what is missing, and how to name another file."""

from __future__ import annotations

from PySide6.QtCore import QObject

from nodeviz.experiment import Experiment
from nodeviz.ui.announcements import Announcements, Notice
from nodeviz.ui.store import ExperimentStore

KEY = "lost data"
REMEDY = (
    "The weights are kept, and can be looked at and exported. To train on, put the file back, or name it in the row "
    "“file” or “image” below the data, or drop it on the window."
)


class LostData(QObject):
    """Notices when the experiment's data are lost, and settles it when it has others."""

    def __init__(self, store: ExperimentStore, announcements: Announcements) -> None:
        super().__init__(store)
        self._announcements = announcements
        store.changed.connect(self._on_change)

    def _on_change(self, before: Experiment, after: Experiment) -> None:
        if before.dataset == after.dataset and KEY not in self._announcements.open:
            return
        lost = after.dataset.lost
        if not lost:
            self._announcements.settle(KEY)
        elif KEY not in self._announcements.open or before.dataset != after.dataset:
            self._announcements.notice(Notice(KEY, lost, REMEDY))
