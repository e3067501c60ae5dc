"""The trainer is spawned ahead of the window: while that imports Qt on one core, it imports torch on another."""

from __future__ import annotations

import os
import sys

from nodeviz.engine.client import EngineClient

SPARE = 2 if sys.platform != "win32" else 4
"""Cores from which on a trainer that steps back, which it cannot on Windows, hardly delays the first frame."""


def client_ahead() -> EngineClient:
    """A client whose trainer is on its way, where there is a core for it."""
    client = EngineClient()
    if _cores() >= SPARE:
        client.restart("trainer")
    return client


def _cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
