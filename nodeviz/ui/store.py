"""ExperimentStore: the one mutable place in the window. It holds the experiment as it stands and how it came there."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from PySide6.QtCore import QObject, Signal

from nodeviz.experiment import Experiment
from nodeviz.settings import edited

REMEMBERED = 500


class ExperimentStore(QObject):
    """Edits go in, `changed(before, after)` comes out; an edit that is not valid comes out as `refused(sentence)`."""

    changed = Signal(object, object)
    refused = Signal(str)

    def __init__(self, experiment: Experiment | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._experiment = experiment if experiment is not None else Experiment()
        self._past: list[Experiment] = []
        self._future: list[Experiment] = []
        self._gesture: Hashable | None = None

    @property
    def experiment(self) -> Experiment:
        return self._experiment

    @property
    def can_undo(self) -> bool:
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        return bool(self._future)

    def edit(self, path: str, value: Any, *, gesture: Hashable | None = None) -> bool:
        """Set the setting at dotted `path`. Edits of one `gesture` (a drag) are one step of undo.

        Returns whether the value was taken; one that is out of bounds changes nothing and is `refused` in words.
        """
        try:
            after = edited(self._experiment, path, value)
        except (ValueError, TypeError) as error:
            self.refused.emit(str(error))
            return False
        self._advance(after, gesture)
        return True

    def take(self, experiment: Experiment) -> None:
        """Take another experiment whole, as one step of undo."""
        self._advance(experiment, None)

    def undo(self) -> None:
        """Back to before the last edit or drag."""
        if self._past:
            self._future.append(self._experiment)
            self._return_to(self._past.pop())

    def redo(self) -> None:
        """Forward again to what was undone."""
        if self._future:
            self._past.append(self._experiment)
            self._return_to(self._future.pop())

    def adopt(self, experiment: Experiment) -> None:
        """Take another experiment whole, e.g. from a file. What came before it cannot be returned to."""
        self._past.clear()
        self._future.clear()
        self._return_to(experiment)

    def _advance(self, after: Experiment, gesture: Hashable | None) -> None:
        if after == self._experiment:
            return
        if gesture is None or gesture != self._gesture:
            self._past = [*self._past[1 - REMEMBERED :], self._experiment]
        self._gesture = gesture
        self._future.clear()
        self._become(after)

    def _return_to(self, experiment: Experiment) -> None:
        self._gesture = None
        self._become(experiment)

    def _become(self, after: Experiment) -> None:
        before, self._experiment = self._experiment, after
        self.changed.emit(before, after)
