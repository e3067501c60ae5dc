"""Which keys belong to the slider that has the keyboard, before they are shortcuts of the window."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent

ENDS = (Qt.Key.Key_Home, Qt.Key.Key_End)


def claim_ends(event: QEvent) -> None:
    """Claim Home and End, which go to a slider's ends, for the slider that hears `event`."""
    if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and event.key() in ENDS:
        event.accept()
