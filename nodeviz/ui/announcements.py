"""Announcements: how any part of the window says something to its user, without knowing where it appears."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal


class Notice(NamedTuple):
    """Something to be seen until it is dealt with. A newer one about the same thing (`key`) takes its place."""

    key: str
    sentence: str
    remedy: str = ""
    detail: str = ""
    """For a bug report; the banner then offers to copy it."""
    offer: str = ""
    """The name of what can be done about it, and below it the doing."""
    accept: Callable[[], None] | None = None


class Announcements(QObject):
    """`said` passes by in the status bar; `noticed` stays in a banner until it is closed or `settled`."""

    said = Signal(str)
    withdrawn = Signal(str)
    noticed = Signal(object)
    settled = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.open: dict[str, Notice] = {}
        """What was noticed and is not yet settled or closed, e.g. before there was a window to show it."""

    def say(self, sentence: str) -> None:
        self.said.emit(sentence)

    def withdraw(self, sentence: str) -> None:
        """`sentence` holds no longer."""
        self.withdrawn.emit(sentence)

    def notice(self, notice: Notice) -> None:
        self.open[notice.key] = notice
        self.noticed.emit(notice)

    def settle(self, key: str) -> None:
        """What was noticed under `key` is over, or was closed."""
        self.open.pop(key, None)
        self.settled.emit(key)
