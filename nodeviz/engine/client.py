"""The window's end of the engine: starts the workers, sends commands, keeps what they say until it is drained.

No Qt and no torch here. Per worker there are two threads: one reads, so that the pipe never fills and the worker never
waits for the window; one writes, so that the window never waits for a worker that is in the middle of a long step.
"""

from __future__ import annotations

import multiprocessing
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from queue import SimpleQueue
from time import monotonic
from types import ModuleType
from typing import get_args

import msgspec

from nodeviz.engine import messages
from nodeviz.engine.messages import LOSSY, Command, Failed, Heard, Role, Shutdown, WorkerLost
from nodeviz.engine.worker import run_worker

ROLES: tuple[Role, ...] = get_args(Role)


class EngineClient:
    """The trainer and the inspector, as the window knows them. Its methods never block, except `stop`."""

    def __init__(self) -> None:
        self._mailbox = Mailbox()
        self._workers: dict[Role, WorkerHandle] = {}

    def start(self) -> None:
        """Spawn the workers that were not spawned ahead. Each says Ready when it has imported torch."""
        for role in ROLES:
            if role not in self._workers:
                self.restart(role)

    def restart(self, role: Role) -> None:
        """Spawn a fresh worker in the place of `role`'s old one, which is killed if it still lives.

        The new one knows nothing: send Configure, and Restore with the newest checkpoint.
        """
        old = self._workers.pop(role, None)
        if old is not None:
            old.kill()
        self._mailbox.forget(role)
        self._workers[role] = WorkerHandle(role, self._mailbox)

    def send(self, role: Role, command: Command) -> bool:
        """Queue `command` for `role`. False when that worker is not running, and then it is dropped."""
        worker = self._workers.get(role)
        return worker is not None and worker.send(command)

    def drain(self) -> list[Heard]:
        """What was heard since the last call: everything in order, of lossy events only the newest of each kind."""
        return self._mailbox.drain()

    def lost(self) -> tuple[Role, ...]:
        """The workers that ended unasked and were not restarted."""
        return tuple(role for role, worker in self._workers.items() if worker.lost)

    def pid(self, role: Role) -> int | None:
        """The process id of `role`'s worker."""
        worker = self._workers.get(role)
        return worker.process.pid if worker is not None else None

    def stop(self, timeout: float = 2.0) -> None:
        """End every worker: ask, and after `timeout` seconds terminate, then kill. No child is left after it."""
        workers = list(self._workers.values())
        self._workers.clear()
        for worker in workers:
            worker.ask_to_end()
        deadline = monotonic() + timeout
        for worker in workers:
            worker.end(max(0.0, deadline - monotonic()))


class Mailbox:
    """Events from all workers, until the window takes them: a queue, and for lossy kinds one slot, newest wins."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heard: deque[tuple[Role, Heard]] = deque()
        self._newest: dict[tuple[Role, type], Heard] = {}

    def put(self, role: Role, event: Heard, wanted: Callable[[], bool]) -> None:
        """Keep `event`, unless its worker is not `wanted` any more."""
        with self._lock:
            if not wanted():
                return
            if isinstance(event, LOSSY):
                self._newest[role, type(event)] = event
            else:
                self._heard.append((role, event))

    def forget(self, role: Role) -> None:
        """Drop pictures and results of a worker that was replaced; its lossless events stay."""
        with self._lock:
            self._newest = {key: event for key, event in self._newest.items() if key[0] != role}

    def drain(self) -> list[Heard]:
        """Take everything: first the lossless events in order, then the newest of each lossy kind."""
        with self._lock:
            heard = [event for _, event in self._heard] + list(self._newest.values())
            self._heard.clear()
            self._newest.clear()
        return heard


class WorkerHandle:
    """One worker process and the two threads that speak with it."""

    def __init__(self, role: Role, mailbox: Mailbox) -> None:
        # spawn, never fork: Qt and torch both hold locks in threads that a fork would copy, locked for ever.
        context = multiprocessing.get_context("spawn")
        self.role = role
        self.lost = False
        self._mailbox = mailbox
        self._ending = threading.Event()
        self._outbox: SimpleQueue[bytes | None] = SimpleQueue()
        self._connection, theirs = context.Pipe()
        self.process = context.Process(target=run_worker, args=(role, theirs), name=f"nodeviz {role}", daemon=True)
        with _main_hidden():
            self.process.start()
        # With our copy of the child's end closed, a dead child is an end of file at once.
        theirs.close()
        self._reader = threading.Thread(target=self._read, name=f"{role} reader", daemon=True)
        self._writer = threading.Thread(
            target=_write, args=(self._connection, self._outbox), name=f"{role} writer", daemon=True
        )
        self._reader.start()
        self._writer.start()

    def send(self, command: Command) -> bool:
        """Queue `command`; False when the worker is gone."""
        if self.lost or self._ending.is_set():
            return False
        self._outbox.put(messages.encode(command))
        return True

    def ask_to_end(self) -> None:
        """From here on nothing of this worker is heard."""
        self._outbox.put(messages.encode(Shutdown()))
        self._outbox.put(None)
        self._ending.set()

    def end(self, patience: float) -> None:
        """Wait for the end, then terminate, then kill."""
        # The reader meets the end of file when the process ends. Waiting for the process itself first would race with
        # the reader, which collects the exit status of a worker that was lost.
        self._reader.join(patience)
        if self._reader.is_alive():
            self.process.terminate()
            self._reader.join(1.0)
        self.kill()

    def kill(self) -> None:
        """End the process now, if it still lives, and both threads with it."""
        self._ending.set()
        self._outbox.put(None)
        self.process.kill()
        self._reader.join()
        self._writer.join()
        self.process.join()
        self._connection.close()

    def _read(self) -> None:
        while True:
            try:
                data = self._connection.recv_bytes()
            except (EOFError, OSError):
                break
            self._keep(_understood(self.role, data))
        if not self._ending.is_set():
            self.process.join()
            self.lost = True
            self._outbox.put(None)
            self._keep(WorkerLost(role=self.role, exitcode=self.process.exitcode))

    def _keep(self, event: Heard) -> None:
        self._mailbox.put(self.role, event, wanted=lambda: not self._ending.is_set())


@contextmanager
def _main_hidden() -> Iterator[None]:
    """Keep the child from running the parent's script again.

    Spawn imports the parent's main module in the child: the window's start-up code, or a whole script that lacks the
    `if __name__ == "__main__"` line. A worker needs nothing of it.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _write(connection: Connection, outbox: SimpleQueue[bytes | None]) -> None:
    """Send what is queued until None comes or the worker is gone."""
    while (data := outbox.get()) is not None:
        try:
            connection.send_bytes(data)
        except OSError:
            return


def _understood(role: Role, data: bytes) -> Heard:
    try:
        return messages.decode_event(data)
    except msgspec.DecodeError as error:
        origin = messages.origin_of(data)
        return Failed(
            run=origin.run,
            revision=origin.revision,
            role=role,
            message=f"The {role} sent something that cannot be read.",
            remedy="Restart the worker. If that happens again, please report it with the detail.",
            detail=str(error),
        )
