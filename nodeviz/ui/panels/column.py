"""Column: sections below one another, scrolling when the window is too low for them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from nodeviz.ui import chrome
from nodeviz.ui.panels.section import Section, hairline

NARROWEST, WIDEST = 284, 420
SHARE = 0.17
"""Of the window's width, between the two bounds: the middle keeps well over 55 %."""


class Column(QScrollArea):
    """One side of the window."""

    def __init__(self, sections: tuple[Section, ...], name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sections = sections
        self.setObjectName("column")
        self.setAccessibleName(name)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        body = QWidget()
        body.setObjectName("columnBody")
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for section in sections:
            layout.addWidget(section)
            layout.addWidget(hairline())
        layout.addStretch(1)
        self.setWidget(body)
        chrome.dress(self)

    def fit(self, window_width: int) -> None:
        """Take the width that suits a window of `window_width`."""
        self.setFixedWidth(round(min(max(SHARE * window_width, NARROWEST), WIDEST)))
