"""The loop in a child process: commands in, events out, and work in between.

A thread reads the pipe, so that the loop sees a command at the cost of looking at a queue, and so that the end of the
parent, or of its patience, ends the worker also in the middle of a long step.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

import msgspec

from nodeviz.engine import messages
from nodeviz.engine.messages import Command, Event, Failed, Ready, Role, Shutdown

if TYPE_CHECKING:
    from nodeviz.engine.session import Session

REPORT = "If that happens again, please report it with the detail."
YIELDING = {"trainer": 5, "inspector": 0}
"""How far each worker steps back when processors are short (niceness): frames come before training."""


def run_worker(role: Role, connection: Connection) -> None:
    """The child's main function. Imports torch here, so that the parent can name this function without it."""
    # Ctrl+C in a terminal reaches the whole group; the window decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    inbox: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_read, args=(connection, inbox), name="commands", daemon=True).start()
    _step_back(role)
    gc.disable()  # what torch makes at its import is there to stay: to look through it takes a fifth of the start
    try:
        import torch

        torch.set_num_threads(1)
        session = _session_for(role)
    except Exception as error:
        connection.send_bytes(messages.encode(_stillborn(role, error)))
        raise SystemExit(1) from error
    gc.freeze()  # nor is it looked through later, which would take a tenth of a second in the middle of training
    gc.enable()
    worker = Worker(role, session, inbox, connection.send_bytes)
    worker.send([Ready(role=role, pid=os.getpid(), device=session.device, torch=str(torch.__version__))])
    with suppress(OSError):  # the window is gone, and its end of the pipe with it
        worker.work()


def _step_back(role: Role) -> None:
    # Before torch is imported: the trainer does that while the window starts.
    if sys.platform != "win32":
        with suppress(OSError):
            os.nice(YIELDING[role])


def _session_for(role: Role) -> Session:
    """A fresh session of `role`."""
    if role == "trainer":
        from nodeviz.engine.trainer_session import TrainerSession

        return TrainerSession()
    from nodeviz.engine.inspector_session import InspectorSession

    return InspectorSession()


def _stillborn(role: Role, error: Exception) -> Failed:
    return Failed(
        role=role,
        message=f"The {role} could not start: {error}.",
        remedy="Check that torch is installed for this Python: python -c 'import torch'.",
        detail=traceback.format_exc(),
    )


class Worker:
    """Feeds one session with commands and sends what it answers."""

    def __init__(
        self, role: Role, session: Session, inbox: SimpleQueue[bytes], send_bytes: Callable[[bytes], None]
    ) -> None:
        self.role = role
        self.session = session
        self.inbox = inbox
        self.send_bytes = send_bytes
        session.attend = self.attend
        session.called = self.called

    def work(self) -> None:
        """Work while there is work; sleep until a command comes when there is none."""
        while True:
            if not self.session.busy:
                self._obey(self.inbox.get())
            for data in _waiting(self.inbox):
                self._obey(data)
            if self.session.busy:
                self.send(self._kept_alive(self.session.tick, None))

    def called(self) -> bool:
        """Whether a command waits."""
        return not self.inbox.empty()

    def attend(self) -> None:
        """Obey what came meanwhile, then do what cannot wait. Long computations call this now and then."""
        if not self.called():
            return
        for data in _waiting(self.inbox):
            self._obey(data)
        self.send(self._kept_alive(self.session.urgent, None))

    def send(self, events: Iterable[Event]) -> None:
        """Send `events` in order; what stands for one that cannot be encoded is that it failed."""
        for event in events:
            self.send_bytes(self._encoded(event))

    def _encoded(self, event: Event) -> bytes:
        try:
            return messages.encode(event)
        except (TypeError, ValueError) as error:
            (failure,) = self.session.failed(error, None)
            return messages.encode(failure)

    def _obey(self, data: bytes) -> None:
        try:
            command = messages.decode_command(data)
        except msgspec.DecodeError as error:
            origin = messages.origin_of(data)
            self.send(
                [
                    Failed(
                        run=origin.run,
                        revision=origin.revision,
                        role=self.role,
                        message=f"The {self.role} cannot read this command: {error}.",
                        remedy="Undo the last edit. " + REPORT,
                        detail=traceback.format_exc(),
                    )
                ]
            )
            return
        self.send(self._kept_alive(lambda: self.session.handle(command), command))

    def _kept_alive(self, ask: Callable[[], list[Event]], cause: Command | None) -> list[Event]:
        """What `ask` answers, or one Failed; a worker survives what goes wrong in it."""
        try:
            return ask()
        except Exception as error:
            return self.session.failed(error, cause)


def _waiting(inbox: SimpleQueue[bytes]) -> Iterator[bytes]:
    while True:
        try:
            yield inbox.get_nowait()
        except Empty:
            return


_SHUTDOWN = messages.encode(Shutdown())


def _read(connection: Connection, inbox: SimpleQueue[bytes]) -> None:
    """Queue what comes. At Shutdown or the end of the pipe, end the process at once: a worker has nothing to save."""
    with suppress(EOFError, OSError):
        while (data := connection.recv_bytes()) != _SHUTDOWN:
            inbox.put(data)
    os._exit(0)
