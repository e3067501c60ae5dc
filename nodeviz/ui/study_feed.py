"""StudyFeed: asks for the study that is looked at, and shows what it finds."""

from __future__ import annotations

from PySide6.QtCore import QObject

from nodeviz.engine.messages import StudyExtended
from nodeviz.experiment import Experiment
from nodeviz.ui.engine_link import EngineLink, swept_by
from nodeviz.ui.frame_clock import FrameClock
from nodeviz.ui.pace import Pace
from nodeviz.ui.panels.study_tabs import StudyTabs
from nodeviz.ui.store import ExperimentStore

REDRAWN_EVERY = 0.15
"""Seconds from one drawing of a report to the next."""


class StudyFeed(QObject):
    """Only the study in view runs; one that is left is ended, and asked for again when it is come back to."""

    def __init__(self, store: ExperimentStore, link: EngineLink, clock: FrameClock, tabs: StudyTabs) -> None:
        super().__init__(tabs)
        self._store, self._link, self._tabs = store, link, tabs
        self._waiting: StudyExtended | None = None
        self._pace = Pace(REDRAWN_EVERY, 2 * REDRAWN_EVERY / 3)
        tabs.suit(store.experiment)
        tabs.looked.connect(link.inspection.look_at_study)
        store.changed.connect(self._on_changed)
        link.studied.connect(self._on_study)
        clock.ticked.connect(self._tick)

    def _on_changed(self, before: Experiment, after: Experiment) -> None:
        if swept_by(before) != swept_by(after):
            self._waiting = None
            self._tabs.suit(after)
            for view in self._tabs.views.values():
                view.set_stale(True)

    def _on_study(self, extended: StudyExtended) -> None:
        self._waiting = extended

    def _tick(self, seconds: float) -> None:
        if self._pace.due(seconds) and self._waiting is not None:
            extended, self._waiting = self._waiting, None
            view = self._tabs.views[extended.study]
            view.set_stale(False)
            view.show_report(extended.report)
            self._tabs.refresh()
