"""What the mouse means in the plane: click, drag, wheel and double click, told apart."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal

DEEPEST, WIDEST = 1e-6, 1e6  # widths of the plane, in data units, that zooming keeps between


class PlaneView(pg.ViewBox):
    """A view of equal aspect. A drag pans unless it began on something that can be grabbed; the wheel zooms.

    All points are in data coordinates. Whoever listens to `pressed` calls `grab()` to make the drag its own.
    """

    clicked = Signal(QPointF)
    rightClicked = Signal(QPointF)
    doubleClicked = Signal(QPointF)
    pressed = Signal(QPointF)
    dragged = Signal(QPointF)
    dropped = Signal(QPointF)
    hovered = Signal(object)

    def __init__(self) -> None:
        super().__init__(lockAspect=1.0, enableMenu=False, defaultPadding=0.0)
        self.setLimits(minXRange=DEEPEST, maxXRange=WIDEST, minYRange=DEEPEST, maxYRange=WIDEST)
        self.disableAutoRange()
        self._grabbed = False

    def grab(self) -> None:
        """Take the drag that has just been announced by `pressed`: it does not pan."""
        self._grabbed = True

    def pixel(self) -> float:
        """How wide one pixel is, in data units."""
        return self.viewRect().width() / max(1.0, self.width())

    def zoom(self, factor: float) -> None:
        """Show `factor` times as much, about the middle."""
        self.scaleBy((factor, factor))

    def mouseClickEvent(self, event: Any) -> None:
        point = self.mapSceneToView(event.scenePos())
        if event.button() == Qt.MouseButton.RightButton:
            self.rightClicked.emit(point)
        elif event.button() == Qt.MouseButton.LeftButton:
            (self.doubleClicked if event.double() else self.clicked).emit(point)
        event.accept()

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            super().mouseDragEvent(event, axis)
            return
        if event.isStart():
            self._grabbed = False
            self.pressed.emit(self.mapSceneToView(event.buttonDownScenePos()))
        if not self._grabbed:
            super().mouseDragEvent(event, axis)
            return
        event.accept()
        point = self.mapSceneToView(event.scenePos())
        if event.isFinish():
            self._grabbed = False
            self.dropped.emit(point)
        else:
            self.dragged.emit(point)

    def hoverEvent(self, event: Any) -> None:
        self.hovered.emit(None if event.isExit() else self.mapSceneToView(event.scenePos()))
