"""The trainer is spawned ahead of the window: while that imports Qt on one core, it imports torch on another."""

from __future__ import annotations

import os
import sys

from nodeviz.engine.client import EngineClient

SPARE = 4
"""Cores from which on the first frame waits for no trainer, also where that cannot be told to keep to idle ones."""


def client_ahead() -> EngineClient:
    """A client whose trainer is on its way, where that delays no first frame."""
    client = EngineClient()
    if sys.platform == "linux" or (os.cpu_count() or 1) >= SPARE:
        client.spawn_ahead("trainer")
    return client
