"""The loop of a worker, in this process: it outlives what cannot be said."""

from __future__ import annotations

from queue import SimpleQueue
from typing import Any

import numpy as np

from nodeviz.engine.messages import Command, Event, Failed, Role, decode_event
from nodeviz.engine.session import Session
from nodeviz.engine.worker import Worker


class Idle(Session):
    """A session that is asked nothing."""

    role: Role = "inspector"
    busy = False

    def tick(self) -> list[Event]:
        return []

    def obey(self, command: Command) -> list[Event]:
        return []


def said(message: Any) -> Failed:
    return Failed(role="inspector", message=message, remedy="")


def test_an_event_that_cannot_be_encoded_is_told_as_a_failure_and_the_next_ones_follow() -> None:
    sent: list[bytes] = []
    worker = Worker("inspector", Idle(), SimpleQueue(), sent.append)
    worker.send([said(np.float64(1.0)), said("after")])
    failure, after = (decode_event(data) for data in sent)
    assert isinstance(failure, Failed) and isinstance(after, Failed)
    assert failure.message.startswith("The inspector stumbled over TypeError") and "float64" in failure.message
    assert failure.role == "inspector" and failure.remedy
    assert after.message == "after"
