"""Document: the work as files. Which model file it stands in, and the session that is saved by itself."""

from __future__ import annotations

import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from nodeviz.engine.messages import Checkpoint
from nodeviz.engine.packed import pack, unpack
from nodeviz.experiment import Experiment
from nodeviz.fields.layout import size_of
from nodeviz.library import recent
from nodeviz.library.experiment_file import load_experiment
from nodeviz.library.model_file import SUFFIX, Model, initial_model, load_model, save_model
from nodeviz.library.session import restore_session, save_session
from nodeviz.ui.announcements import Announcements, Notice
from nodeviz.ui.engine_link import EngineLink
from nodeviz.ui.session_lock import SessionLock
from nodeviz.ui.store import ExperimentStore

SAVED_EVERY = 4.0
"""Seconds from one saving of the session to the next, while something changes."""


Stamp = tuple[Experiment, int, int]
"""What the session is of: the experiment, the run and its step. Another one is worth saving."""


class _Saving(NamedTuple):
    """A session on its way to the disk."""

    stamp: Stamp
    done: Future[None]


class Document(QObject):
    """Opens and saves. What goes wrong with a file is a notice, never an exception.

    Unless `remembering`, there is no session and no list of recent files. While another window keeps the session,
    this one leaves it alone and says so.
    """

    renamed = Signal()

    def __init__(
        self, store: ExperimentStore, link: EngineLink, announcements: Announcements, *, remembering: bool = True
    ) -> None:
        super().__init__()
        self._remembering = remembering
        self._lock = SessionLock() if remembering else None
        self._keeps_session = self._lock is not None and not self._lock.taken_by_another
        self._store, self._link, self._announcements = store, link, announcements
        self.path: Path | None = None
        self._pending: _Saving | None = None
        self._session_stamp = self._stamp()
        self._session_saved_at: float | None = None
        self._next_session = monotonic() + SAVED_EVERY
        self._disk = ThreadPoolExecutor(1, "nodeviz disk")  # a disk may take its time; a frame may not
        if remembering and not self._keeps_session:
            announcements.notice(_SECOND_WINDOW)

    @property
    def title(self) -> str:
        """The file's name, or the experiment's when it is in no file."""
        return self.path.stem if self.path is not None else self._store.experiment.name

    def model(self) -> Model:
        """The work as it stands: the experiment and the newest weights known here."""
        experiment, checkpoint = self._store.experiment, self._link.checkpoint
        if checkpoint is None:
            return initial_model(experiment)
        theta = unpack(checkpoint.theta)
        if theta.size != size_of(experiment.layout()):
            return initial_model(experiment)  # the field was edited, and the trainer has not answered yet
        optimiser = {name: unpack(part) for name, part in checkpoint.optimiser.items()}
        return Model(experiment, theta, checkpoint.step, optimiser, unpack(checkpoint.random))

    def open(self, path: Path) -> bool:
        """Open a model file or an experiment (.json). Whether it could be."""
        try:
            read = _read(path)
        except (OSError, ValueError) as error:
            self._complain("open", path, error)
            return False
        if isinstance(read, Model):
            self.take(read)
        else:
            self.begin(read)
        self.path = path if path.suffix == SUFFIX else None
        self._remember(path)
        self._announcements.say(f"Opened {path.name}.")
        self.renamed.emit()
        return True

    def begin(self, experiment: Experiment) -> None:
        """Start afresh with `experiment`, at step 0 and in no file."""
        self._store.adopt(experiment)
        self._link.reset()
        self.path = None
        self.renamed.emit()

    def take(self, model: Model) -> None:
        """Let the store and the engine hold `model`, with its weights also at step 0: they need not be the seed's."""
        self._store.adopt(model.experiment)
        self._link.restore(_checkpoint(model))

    def save(self, path: Path) -> bool:
        """Save the model at `path`, which then is the document's. Whether it could be."""
        try:
            save_model(path, self.model())
        except OSError as error:
            self._complain("save", path, error)
            return False
        self.path = path
        self._remember(path)
        self._announcements.settle("save")
        self._announcements.say(f"Saved {path.name}.")
        self.renamed.emit()
        return True

    def restore_session(self) -> None:
        """Stand where the last session ended. For the start: the engine is given the weights once it runs."""
        if not self._keeps_session:
            return
        restored = restore_session()
        if restored.message:
            self._announcements.notice(Notice("session", restored.message))
        if restored.model is not None:
            self.take(restored.model)
        self._session_stamp = self._stamp()

    def tick(self) -> None:
        """Save the session when it changed and the last saving is some seconds old."""
        self._hear_from_disk()
        now = monotonic()
        stamp = self._stamp()
        waits = now < self._next_session or self._pending is not None
        if waits or stamp == self._session_stamp or not self._keeps_session:
            return
        self._next_session = now + SAVED_EVERY
        self._pending = _Saving(stamp, self._disk.submit(save_session, self.model()))

    def session_age(self) -> float | None:
        """Seconds since the session was saved; None when it was not yet."""
        return None if self._session_saved_at is None else monotonic() - self._session_saved_at

    def close(self) -> None:
        """Wait for the disk, and save the session once more unless it is on it. The last word is said on stderr."""
        self._disk.shutdown(wait=True)
        self._hear_from_disk()
        if self._keeps_session and self._stamp() != self._session_stamp:
            try:
                save_session(self.model())
            except (OSError, ValueError) as error:
                # No window is left to show a notice. The session saved before this one stays whole.
                print(f"nodeviz: The session could not be saved: {error}", file=sys.stderr)  # noqa: T201
        if self._lock is not None:
            self._lock.release()

    def _hear_from_disk(self) -> None:
        if self._pending is None or not self._pending.done.done():
            return
        saving, self._pending = self._pending, None
        error = saving.done.exception()
        if error is None:
            self._session_stamp = saving.stamp
            self._session_saved_at = monotonic()
            self._announcements.settle("session")
        else:
            self._announcements.notice(
                Notice("session", f"The session could not be saved: {error}", "Free some space; it is tried again.")
            )

    def _stamp(self) -> Stamp:
        checkpoint = self._link.checkpoint
        return (self._store.experiment, self._link.run, checkpoint.step if checkpoint is not None else 0)

    def _remember(self, path: Path) -> None:
        if not self._remembering:
            return
        try:
            recent.remember(path)
        except OSError:
            return  # only a convenience

    def _complain(self, verb: str, path: Path, error: Exception) -> None:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        remedy = "Choose another file." if verb == "open" else "Choose another place, or free some space."
        self._announcements.notice(Notice(verb, f"{path.name} could not be {_PAST[verb]}: {reason}", remedy))


_SECOND_WINDOW = Notice(
    "second window",
    "Another nodeviz window is open and keeps the session.",
    "The work in this one is kept only when you save it to a file.",
)

_PAST = {"open": "opened", "save": "saved"}


def _read(path: Path) -> Model | Experiment:
    if path.suffix == ".json":
        return load_experiment(path)
    return load_model(path)


def _checkpoint(model: Model) -> Checkpoint:
    optimiser = {name: pack(part) for name, part in model.optimiser.items()}
    return Checkpoint(step=model.step, theta=pack(model.theta), optimiser=optimiser, random=pack(model.random))
