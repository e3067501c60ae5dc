"""OneOfMany: a button of several that exclude one another, chosen with the pointer or the keyboard."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QToolButton

from nodeviz.ui.alternatives import Kind

WAYS = {Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1}


class OneOfMany(QToolButton):
    """Arrow keys ask to move on by so many places; Return chooses. Space is left to training."""

    moved = Signal(int)

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setCheckable(True)
        self.setText(title)
        self.setAccessibleName(title)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in WAYS:
            self.moved.emit(WAYS[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)


def move_on(buttons: Mapping[Kind, OneOfMany], kind: Kind, places: int, choose: Callable[[Kind], None]) -> None:
    """Choose the next of `buttons` that can be chosen, from `kind` on by `places`, and give it the keyboard."""
    kinds = list(buttons)
    for steps in range(1, len(kinds)):
        other = kinds[(kinds.index(kind) + steps * places) % len(kinds)]
        if buttons[other].isEnabled() and buttons[other].isVisible():
            buttons[other].setFocus(Qt.FocusReason.TabFocusReason)
            choose(other)
            return
