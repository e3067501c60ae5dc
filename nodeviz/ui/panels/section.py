"""Section: a named part of a column, with its rows, and the rarer ones behind "more"."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QLayout, QToolButton, QVBoxLayout, QWidget

from nodeviz.ui import chrome, theme


class Section(QWidget):
    """Rows from top to bottom under a heading."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self.setAccessibleName(title)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(12, 10, 12, 10)
        self._layout.setSpacing(theme.SPACE_SMALL)
        heading = QLabel(title.upper())
        heading.setObjectName("heading")
        heading.setFont(chrome.heading_font())
        self._layout.addWidget(heading)
        self._more: QToolButton | None = None
        self._rare: QWidget | None = None

    def add(self, item: QWidget | QLayout) -> None:
        """Put a row below the others."""
        if isinstance(item, QWidget):
            self._layout.addWidget(item)
        else:
            self._layout.addLayout(item)

    def add_more(self, *rows: QWidget) -> None:
        """Put rows behind the "more" switch, made with the first of them."""
        if self._rare is None:
            self._make_more()
        layout = self._rare.layout() if self._rare is not None else None
        for row in rows:
            if layout is not None:
                layout.addWidget(row)

    def offer_more(self, offered: bool) -> None:
        """Whether there is anything behind the "more" switch at the moment."""
        if self._more is not None and self._rare is not None:
            self._more.setVisible(offered)
            self._rare.setVisible(offered and self._more.isChecked())

    def focus_first(self) -> None:
        """Give the keyboard to the section's first control."""
        for child in self.findChildren(QWidget):
            if child.focusPolicy() & Qt.FocusPolicy.TabFocus and child.isVisible() and child.isEnabled():
                child.setFocus(Qt.FocusReason.ShortcutFocusReason)
                return

    def _make_more(self) -> None:
        self._more = QToolButton()
        self._more.setCheckable(True)
        self._more.setObjectName("more")
        self._more.setFont(theme.caption_font())
        self._more.setToolTip(f"Show the rarer settings of {self.title.lower()}.")
        self._more.setAccessibleName(f"More {self.title.lower()} settings")
        self._more.toggled.connect(self._unfold)
        self._rare = QWidget()
        rows = QVBoxLayout(self._rare)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.SPACE_SMALL)
        self._layout.addWidget(self._more)
        self._layout.addWidget(self._rare)
        self._unfold(False)

    def _unfold(self, unfolded: bool) -> None:
        if self._more is not None and self._rare is not None:
            self._more.setText("▾ less" if unfolded else "▸ more")
            self._rare.setVisible(unfolded)


def hairline(*, vertical: bool = False) -> QFrame:
    """A one-pixel line between regions."""
    line = QFrame()
    line.setObjectName("hairline")
    if vertical:
        line.setFixedWidth(1)
    else:
        line.setFixedHeight(1)
    return line
