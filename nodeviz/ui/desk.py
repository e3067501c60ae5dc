"""Desk: everything that a command may act on, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nodeviz.ui.alternatives import Alternatives
from nodeviz.ui.announcements import Announcements
from nodeviz.ui.document import Document
from nodeviz.ui.engine_link import EngineLink
from nodeviz.ui.frame_clock import FrameClock
from nodeviz.ui.preferences import PreferenceKeeper
from nodeviz.ui.store import ExperimentStore

if TYPE_CHECKING:
    from nodeviz.ui.main_window import MainWindow


@dataclass(frozen=True)
class Desk:
    """The parts that live as long as the window, made before it."""

    store: ExperimentStore
    link: EngineLink
    clock: FrameClock
    announcements: Announcements
    document: Document
    preferences: PreferenceKeeper
    alternatives: Alternatives


@dataclass(frozen=True)
class Workplace:
    """The desk and the window that stands on it: what commands are given."""

    desk: Desk
    window: MainWindow
