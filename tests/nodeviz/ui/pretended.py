"""An engine that is only pretended, for tests of the window."""

from __future__ import annotations

from nodeviz.engine.messages import Command, Heard, Role


class PretendedClient:
    """An engine that writes down what it is sent and says what the test puts into `events`."""

    def __init__(self) -> None:
        self.sent: list[tuple[Role, Command]] = []
        self.events: list[Heard] = []
        self.started = self.stopped = False
        self.restarted: list[Role] = []

    def start(self) -> None:
        self.started = True

    def stop(self) -> None:
        self.stopped = True

    def restart(self, role: Role) -> None:
        self.restarted.append(role)

    def send(self, role: Role, command: Command) -> bool:
        self.sent.append((role, command))
        return True

    def drain(self) -> list[Heard]:
        events, self.events = self.events, []
        return events

    def sent_to(self, role: Role, kind: type) -> list:
        """The commands of `kind` that `role` was sent, in order."""
        return [command for to, command in self.sent if to == role and isinstance(command, kind)]
