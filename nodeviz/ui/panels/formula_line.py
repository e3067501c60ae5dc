"""FormulaLine: a line of formula, with the place of an error marked and the error in words below."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from nodeviz.fields.formula_language import MAX_LENGTH, FormulaError
from nodeviz.ui import chrome, theme

NAME_WIDTH = 40


class MarkedEdit(QLineEdit):
    """A line edit that underlines one column with a wave."""

    def __init__(self) -> None:
        super().__init__()
        self.setFont(chrome.formula_font())
        self.setMaxLength(MAX_LENGTH)
        self._column: int | None = None

    def mark(self, column: int | None) -> None:
        """Mark `column`, counted from 1; None marks nothing."""
        self._column = column
        self.setProperty("wrong", column is not None)
        self.style().unpolish(self)
        self.style().polish(self)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._column is None:
            return
        left, width = self._place(self._column)
        bottom = self.height() - 4.0
        wave = [QPointF(left + 2.0 * i, bottom - (i % 2) * 2.0) for i in range(max(3, round(width / 2.0) + 1))]
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.current().orange), 1.4))
        painter.drawPolyline(QPolygonF(wave))
        painter.end()

    def _place(self, column: int) -> tuple[float, float]:
        """Where a column begins and how wide it is; the text may be scrolled, so the cursor serves as the anchor."""
        metrics, text = self.fontMetrics(), self.text()
        cursor = self.cursorRect().center().x()
        origin = cursor - metrics.horizontalAdvance(text[: self.cursorPosition()])
        start = metrics.horizontalAdvance(text[: column - 1])
        return origin + start, max(8.0, metrics.horizontalAdvance(text[column - 1 : column]))


class FormulaLine(QWidget):
    """`dx/dt =`, the formula, and below it what is wrong with it."""

    def __init__(self, name: str, help: str) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        line = QHBoxLayout()
        line.setSpacing(theme.SPACE_SMALL)
        label = QLabel(f"{name}")
        label.setFixedWidth(NAME_WIDTH)
        self.edit = MarkedEdit()
        self.edit.setAccessibleName(name)
        self.edit.setAccessibleDescription(help)
        self.edit.setToolTip(help)
        label.setBuddy(self.edit)
        line.addWidget(label)
        line.addWidget(self.edit, 1)
        self.problem = QLabel()
        self.problem.setObjectName("warning")
        self.problem.setFont(theme.caption_font())
        self.problem.setWordWrap(True)
        self.problem.hide()
        layout.addLayout(line)
        layout.addWidget(self.problem)

    def show_problem(self, error: FormulaError | None) -> None:
        """Mark and say what is wrong, or that nothing is."""
        self.edit.mark(error.column if error is not None else None)
        self.problem.setVisible(error is not None)
        self.problem.setText(f"Column {error.column}: {error.sentence}" if error is not None else "")
