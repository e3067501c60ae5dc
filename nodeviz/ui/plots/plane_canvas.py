"""The plot inside the phase plane: what it passes on, and what it keeps to itself."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent

from nodeviz.ui.plots.frame import ThemedPlot
from nodeviz.ui.theme import Theme


class PlaneCanvas(ThemedPlot):
    """Passes on the theme and the keys."""

    restyled = Signal(object)
    keyPressed = Signal(QKeyEvent)
    wants_menu: Callable[[], bool] = staticmethod(lambda: True)
    """Whether a right click here is for the menu, and not for what is below the pointer."""

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.wants_menu():
            super().contextMenuEvent(event)

    def restyle(self, colours: Theme) -> None:
        self.restyled.emit(colours)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.keyPressed.emit(event)
