"""Real workers for the tests of this folder, and an ear for what they say."""

import multiprocessing
import time

import pytest

from nodeviz.engine.client import EngineClient
from nodeviz.engine.messages import Failed, Ready

PATIENCE = 60.0
"""Seconds. Generous, for a machine that is busy with other things; nothing here is timed."""


class Ear:
    """A client, and everything heard from it."""

    def __init__(self, client):
        self.client = client
        self.heard = []

    def of(self, kind):
        return [event for event in self.heard if isinstance(event, kind)]

    def listen(self):
        fresh = self.client.drain()
        self.heard += fresh
        return fresh

    def until(self, kind, wanted=lambda event: True, patience=PATIENCE):
        """Listen until an event of `kind` that is `wanted` comes; it is returned."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            fresh = self.listen()
            for event in fresh:
                if isinstance(event, kind) and wanted(event):
                    return event
                if isinstance(event, Failed) and kind is not Failed:
                    pytest.fail(f"{event.message}\n{event.detail}")
            time.sleep(0.002)
        pytest.fail(f"No {kind.__name__} came within {patience:g} s; heard {[type(e).__name__ for e in self.heard]}")


@pytest.fixture
def ear():
    """Both workers, ready. None is left when the test ends."""
    client = EngineClient()
    client.start()
    ear = Ear(client)
    try:
        while {event.role for event in ear.of(Ready)} != {"trainer", "inspector"}:
            ear.until(Ready)
        yield ear
    finally:
        client.stop()
        assert not [child for child in multiprocessing.active_children() if child.name.startswith("nodeviz")]
