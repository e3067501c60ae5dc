"""What every worker's session is: commands in, events out, and work in between. Runs in any process.

The only mutable place of a worker. It has no pipe and no loop, so that tests drive it by hand.
"""

from __future__ import annotations

import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable

from nodeviz.engine.messages import Command, Configure, Event, Failed, Reset, Restore, Role

NEW_RUN = (Configure, Reset, Restore)
"""Commands that begin another run when theirs is newer."""


class Session(ABC):
    """Drops what is of an older run, and stamps what it says with the run and revision in force."""

    role: Role
    device: str = "cpu"

    def __init__(self) -> None:
        self.run = -1
        self.revision = -1
        self.attend: Callable[[], None] = lambda: None
        """Called now and then in long computations: whoever owns the session may hand it commands meanwhile."""
        self.called: Callable[[], bool] = lambda: False
        """Whether a command waits: for computations that are rather abandoned than interrupted."""

    @property
    @abstractmethod
    def busy(self) -> bool:
        """Whether `tick` has work to do."""

    @abstractmethod
    def tick(self) -> list[Event]:
        """Do the next piece of work."""

    def urgent(self) -> list[Event]:
        """Do what cannot wait for the piece of work under way to end."""
        return []

    def handle(self, command: Command) -> list[Event]:
        """Obey `command`, unless it is of an older run or of a revision that is in force already."""
        if self._is_stale(command):
            return []
        return self.obey(command)

    @abstractmethod
    def obey(self, command: Command) -> list[Event]:
        """Obey a command that is not stale. May raise: the worker then asks `failed` what to say."""

    def failed(self, error: Exception, cause: Command | None) -> list[Event]:
        """What to say when `cause`, or without one the work under way, raised `error`."""
        stamp = cause if isinstance(cause, NEW_RUN) else self
        return [
            Failed(
                run=stamp.run,
                revision=stamp.revision,
                role=self.role,
                message=_sentence(self.role, error),
                remedy=_remedy(error, cause),
                detail="".join(traceback.format_exception(error)),
            )
        ]

    def _is_stale(self, command: Command) -> bool:
        if isinstance(command, Configure):
            return (command.run, command.revision) <= (self.run, self.revision)
        return command.run < self.run


def _sentence(role: Role, error: Exception) -> str:
    # A ValueError of ours is a sentence for its reader. Anything else is for a bug report.
    if isinstance(error, ValueError):
        return str(error)
    return f"The {role} stumbled over {type(error).__name__}: {error}".split("\n")[0]


def _remedy(error: Exception, cause: Command | None) -> str:
    if isinstance(error, MemoryError) or "out of memory" in str(error):
        return "Take a smaller field, batch or grid, or another device."
    if isinstance(cause, Configure):
        return "The settings before are still in force. Undo the edit, or change it."
    return "Undo the last edit, or reset. If it happens again, please report it with the detail."
