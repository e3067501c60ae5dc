"""ResetMark: the sign of a setting that waits for the next Reset."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QWidget

from nodeviz.ui import icons, theme
from nodeviz.ui.theme import Theme

SIDE = 14


class ResetMark(QLabel):
    """The icon of Reset, small and quiet."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        sentence = "Acts at the next Reset: what is trained already keeps what it began with."
        self.setToolTip(sentence)
        self.setAccessibleName(sentence)
        self.setFixedWidth(SIDE)
        self._paint(theme.current())
        theme.changed.connect(self._paint)

    def _paint(self, colours: Theme) -> None:
        self.setPixmap(icons.icon("reset", colours.secondary).pixmap(SIDE, SIDE))
