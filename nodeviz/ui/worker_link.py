"""WorkerLink: one worker as the window knows it. Its state, and the one Configure that may be on its way."""

from __future__ import annotations

from typing import Literal, Protocol

from PySide6.QtCore import QObject, Signal

from nodeviz.engine.messages import Command, Configure, Configured, Heard, Ready, Role
from nodeviz.ui.in_flight import OneInFlight

State = Literal["off", "starting", "ready", "lost"]


class Client(Protocol):
    """What the window needs of the engine; `EngineClient` is one, and the tests have another."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def restart(self, role: Role) -> None: ...
    def send(self, role: Role, command: Command) -> bool: ...
    def drain(self) -> list[Heard]: ...


class WorkerLink(QObject):
    """Sends to one worker. Edits replace one another while they wait, so that a drag never floods it."""

    stateChanged = Signal()

    def __init__(self, role: Role, client: Client, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.role = role
        self.state: State = "off"
        self.device = ""
        self.pid = 0
        self.revision = -1
        """The revision of the experiment last sent; answers to older ones are dropped."""
        self._client = client
        self._edits: OneInFlight[Configure] = OneInFlight()

    @property
    def edit_waits(self) -> bool:
        return self._edits.waiting is not None

    @property
    def edit_under_way(self) -> bool:
        """Whether an edit was sent and is not yet in force."""
        return self._edits.busy

    def begin(self) -> None:
        """The worker was just spawned, and knows nothing."""
        self._edits.forget()
        self.revision = -1
        self._become("starting")

    def end(self) -> None:
        """The worker was stopped because the window closes."""
        self._become("off")

    def lose(self) -> None:
        """The worker ended unasked."""
        self._edits.forget()
        self._become("lost")

    def greet(self, ready: Ready) -> None:
        """The worker said that it takes commands."""
        self.pid, self.device = ready.pid, ready.device
        self._become("ready")

    def configure(self, configure: Configure) -> None:
        """Let the worker take this experiment as soon as it has taken the last one."""
        self._edits.offer(configure)

    def send_edit(self) -> None:
        """Send the edit that waits, unless one is in flight."""
        self._send_configure(self._edits.next())

    def send_after_edits(self, command: Command) -> None:
        """Send `command` once the newest experiment is on its way before it."""
        self._send_configure(self._edits.flush())
        self.send(command)

    def taken(self, configured: Configured) -> None:
        """The worker has an experiment in force."""
        self.device = configured.device
        if configured.revision >= self.revision:
            self._edits.answered()

    def failed(self) -> None:
        """The worker failed at something, perhaps at the edit: do not wait for its answer."""
        self._edits.answered()

    def send(self, command: Command) -> None:
        if self.state in ("starting", "ready"):
            self._client.send(self.role, command)

    def _send_configure(self, configure: Configure | None) -> None:
        if configure is not None:
            self.revision = configure.revision
            self.send(configure)

    def _become(self, state: State) -> None:
        self.state = state
        self.stateChanged.emit()
