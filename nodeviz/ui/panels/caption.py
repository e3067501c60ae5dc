"""Caption: a sentence in at most two lines, with an ellipsis where there is more; all of it is in the tooltip."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent, QTextLayout
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from nodeviz.ui import theme

LINES = 2


class Caption(QLabel):
    """As high as its lines, as wide as it is given."""

    def __init__(self, sentence: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("caption")
        self.setFont(theme.caption_font())
        self.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.setContentsMargins(theme.SPACE, 0, theme.SPACE, theme.SPACE_SMALL)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.sentence = sentence
        self.say(sentence)

    def say(self, sentence: str) -> None:
        """Show `sentence` in place of what was shown."""
        self.sentence = sentence
        self.setToolTip(sentence)
        self.setAccessibleName(sentence)
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(100, LINES * self.fontMetrics().lineSpacing() + theme.SPACE_SMALL)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = self.width() - 2 * theme.SPACE
        lines = list(self._broken(room))
        if len(lines) > LINES:
            rest = "".join(lines[LINES - 1 :])
            lines[LINES - 1 :] = [self.fontMetrics().elidedText(rest, Qt.TextElideMode.ElideRight, room)]
        self.setText("\n".join(line.rstrip() for line in lines))

    def _broken(self, room: int) -> Iterator[str]:
        """The sentence in lines of so many pixels."""
        layout = QTextLayout(self.sentence, self.font())
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(room)
            yield self.sentence[line.textStart() : line.textStart() + line.textLength()]
        layout.endLayout()
