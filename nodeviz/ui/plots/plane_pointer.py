"""What the pointer and the keyboard mean in the plane: starts are placed, moved and removed, the view moves."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent

from nodeviz.ui.plots.origins import Origins
from nodeviz.ui.plots.plane_view import PlaneView
from nodeviz.ui.plots.starts import StartHandles

KEY_ZOOM, KEY_STEP = 0.8, 6.0  # one press of + shows so much of what was shown; one arrow key moves so many pixels

WAYS: dict[int, tuple[int, int]] = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}


class PlanePointer(QObject):
    """Moves the handles at once and says what was asked for; `resetAsked` is a double click."""

    placed = Signal(float, float)
    moved = Signal(int, float, float)
    dropped = Signal(int, float, float)
    removed = Signal(int)
    resetAsked = Signal()

    def __init__(self, box: PlaneView, handles: StartHandles, origins: Origins, parent: QObject) -> None:
        super().__init__(parent)
        self._box, self._handles, self._origins = box, handles, origins
        self._just_placed = False
        self._hovered: int | None = None
        box.clicked.connect(self._click)
        box.rightClicked.connect(self._right_click)
        box.doubleClicked.connect(self._double_click)
        box.pressed.connect(self._press)
        box.dragged.connect(self._drag)
        box.dropped.connect(self._drop)
        box.hovered.connect(self._hover)

    def leaves_right_click(self) -> bool:
        """Whether the pointer is over nothing that a right click would remove."""
        return self._hovered is None

    def key(self, event: QKeyEvent) -> None:
        """Take a key that means something here; leave the others to the window."""
        key, active = event.key(), self._handles.active
        if key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and active is not None:
            self._remove(active)
        elif key in WAYS and active is not None:
            self._nudge(active, *WAYS[key])
        elif key in WAYS:
            self._box.translateBy(tuple(8 * KEY_STEP * self._box.pixel() * way for way in WAYS[key]))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self._box.zoom(KEY_ZOOM)
        elif key == Qt.Key.Key_Minus:
            self._box.zoom(1 / KEY_ZOOM)
        else:
            event.ignore()
            return
        event.accept()

    def _click(self, point: QPointF) -> None:
        near = self._near(point)
        self._just_placed = near is None
        if near is None:
            self._place(point.x(), point.y())
        else:
            self._handles.active = near
            self._handles.update()

    def _place(self, x: float, y: float) -> None:
        self._handles.place((x, y))
        self.placed.emit(x, y)

    def _double_click(self, _: QPointF) -> None:
        """Reset the view, and take back the start that the first of the two clicks placed."""
        if self._just_placed and self._handles.points:
            self._remove(len(self._handles.points) - 1)
        self._just_placed = False
        self.resetAsked.emit()

    def _right_click(self, point: QPointF) -> None:
        near = self._near(point)
        if near is not None:
            self._remove(near)

    def _remove(self, index: int) -> None:
        self._handles.remove(index)
        self.removed.emit(index)

    def _press(self, point: QPointF) -> None:
        near, origin = self._near(point), self._origins.near((point.x(), point.y()))
        if near is None and origin is not None:
            self._place(*origin)
            near = len(self._handles.points) - 1  # whoever was told may have dropped the oldest
        if near is not None:
            self._box.grab()
            self._handles.active = self._handles.dragged = near

    def _drag(self, point: QPointF) -> None:
        index = self._handles.dragged
        if index is not None:
            self._handles.move(index, (point.x(), point.y()))
            self.moved.emit(index, point.x(), point.y())

    def _drop(self, point: QPointF) -> None:
        index, self._handles.dragged = self._handles.dragged, None
        if index is not None:
            self._handles.move(index, (point.x(), point.y()))
            self.dropped.emit(index, point.x(), point.y())

    def _hover(self, point: QPointF | None) -> None:
        self._hovered = None if point is None else self._near(point)
        place = None if point is None else (point.x(), point.y())
        grabbable = self._handles.hover(place)
        begun_from = self._origins.hover(None if grabbable else place)
        shape = Qt.CursorShape.OpenHandCursor if grabbable or begun_from else Qt.CursorShape.CrossCursor
        if self._box.cursor().shape() != shape:
            self._box.setCursor(shape)

    def _nudge(self, index: int, right: int, up: int) -> None:
        x, y = self._handles.points[index]
        step = KEY_STEP * self._box.pixel()
        self._handles.move(index, (x + right * step, y + up * step))
        self.dropped.emit(index, *self._handles.points[index])

    def _near(self, point: QPointF) -> int | None:
        return self._handles.near((point.x(), point.y()))
