"""Trouble: how what goes wrong is told: lost workers, failures, diverging solves, refused values, our mistakes."""

from __future__ import annotations

import sys
import threading
import traceback
from types import TracebackType

from PySide6.QtCore import QObject

from nodeviz.engine.messages import ActivityChanged, Diverged, Failed, Role, WorkerLost
from nodeviz.ui.announcements import Announcements, Notice
from nodeviz.ui.engine_link import EngineLink
from nodeviz.ui.store import ExperimentStore


class Trouble(QObject):
    """Turns bad news into notices with a way out, and an uncaught exception into one that can be copied."""

    def __init__(self, store: ExperimentStore, link: EngineLink, announcements: Announcements) -> None:
        super().__init__(link)
        self._store, self._link, self._announcements = store, link, announcements
        self._failed_at: dict[Role, int] = {}
        """The revision that a worker failed at last."""
        self._refusal = ""
        store.refused.connect(self._on_refused)
        store.changed.connect(lambda before, after: announcements.withdraw(self._refusal))
        link.lost.connect(self._on_lost)
        link.failed.connect(self._on_failed)
        link.startedOver.connect(lambda: announcements.say(_STARTED_OVER))
        link.configured.connect(lambda configured: self._mend(configured.role, configured.revision))
        link.diverged.connect(self._on_diverged)
        link.activityChanged.connect(self._on_activity)
        link.stateChanged.connect(self._settle)

    def catch_everything(self) -> None:
        """From here on an exception that nobody caught is a notice instead of a traceback."""
        sys.excepthook = self._on_exception
        threading.excepthook = lambda caught: self._on_exception(
            caught.exc_type, caught.exc_value or caught.exc_type(), caught.exc_traceback
        )

    def let_go(self) -> None:
        """There is no window any more to say it in."""
        sys.excepthook = sys.__excepthook__
        threading.excepthook = threading.__excepthook__

    def _on_lost(self, lost: WorkerLost) -> None:
        how = "" if lost.exitcode is None else f" (exit code {lost.exitcode})"
        went_on = "Training stopped; the last weights are kept." if lost.role == "trainer" else "The plots stand still."

        def restart(role: Role = lost.role) -> None:
            self._link.restart(role)

        self._announcements.notice(
            Notice(lost.role, f"The {lost.role} ended unexpectedly{how}.", went_on, offer="Restart", accept=restart)
        )

    def _on_refused(self, sentence: str) -> None:
        self._refusal = sentence
        self._announcements.say(sentence)

    def _on_failed(self, failed: Failed) -> None:
        if any(notice.sentence == failed.message for notice in self._announcements.open.values()):
            return  # both workers met with the same
        self._failed_at[failed.role] = failed.revision
        self._announcements.notice(Notice(_failure_of(failed.role), failed.message, failed.remedy, failed.detail))

    def _mend(self, role: Role, revision: int) -> None:
        """The worker goes on with `revision`; unless it is from before what it failed at, that is over."""
        if role in self._failed_at and revision >= self._failed_at[role]:
            del self._failed_at[role]
            self._announcements.settle(_failure_of(role))

    def _on_diverged(self, diverged: Diverged) -> None:
        self._announcements.say(f"Step {diverged.step}: {diverged.sentence} {diverged.remedy}")

    def _on_activity(self, changed: ActivityChanged) -> None:
        if changed.activity == "paused" and changed.reason:
            self._announcements.notice(self._paused(changed.reason))
        elif changed.activity == "training":
            self._announcements.settle("paused")
            self._mend("trainer", changed.revision)
            if changed.reason:
                self._announcements.say(changed.reason)

    def _paused(self, reason: str) -> Notice:
        """Training went astray; where a setting was changed, taking that back may help."""
        if not self._store.can_undo:
            return Notice("paused", reason)
        return Notice("paused", reason, offer="Undo", accept=self._store.undo)

    def _settle(self) -> None:
        for worker in (self._link.trainer, self._link.inspector):
            if worker.state == "ready":
                self._announcements.settle(worker.role)

    def _on_exception(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        detail = "".join(traceback.format_exception(kind, error, trace))
        self._announcements.notice(
            Notice(
                "exception",
                f"Something went wrong in the window: {kind.__name__}: {error}",
                "Your work is kept. If it happens again, please report it with the details.",
                detail,
            )
        )


_STARTED_OVER = "Training begins at step 0: no weights of this experiment are known."


def _failure_of(role: Role) -> str:
    """What its notice is kept under."""
    return f"{role} failed"
