"""Overlay: a panel above the window's middle that goes away with Escape or a click elsewhere. Not modal."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QWidget

from nodeviz.ui import chrome

TOP = 72


class Overlay(QFrame):
    """Shows itself above `parent`; who had the keyboard before gets it back."""

    def __init__(self, parent: QWidget, width: int) -> None:
        super().__init__(parent)
        self.setObjectName("palette")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._width, self._below = width, parent
        self._before: QWidget | None = None
        chrome.dress(self)
        self.hide()
        parent.installEventFilter(self)

    def open_above(self) -> None:
        """Show above the parent."""
        window = self.window()
        self._before = window.focusWidget()
        self._settle()
        self.show()
        self.raise_()

    def close_above(self) -> None:
        """Hide, and give the keyboard back."""
        if self.isVisible():
            self.hide()
            if self._before is not None:
                self._before.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_above()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._below and self.isVisible():
            if event.type() == QEvent.Type.Resize:
                self._settle()
            elif event.type() == QEvent.Type.MouseButtonPress:
                self.close_above()
        return super().eventFilter(watched, event)

    def _settle(self) -> None:
        parent = self._below
        width = min(self._width, parent.width() - 32)
        height = min(self.sizeHint().height(), parent.height() - TOP - 32)
        self.setGeometry((parent.width() - width) // 2, TOP, width, height)
