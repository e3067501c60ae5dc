"""The cost: what a training step and the whole trajectory cost with the solver as set, live."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from nodeviz.ui import chrome, figures, theme
from nodeviz.ui.panels.section import Section

ERROR_HELP = (
    "How far the drawn trajectory is, at worst, from the exact one of this same field, in the plane's units. "
    "It is the solver's error, not that of the fit."
)


class StepCost(NamedTuple):
    """What one training step took."""

    nfe_forward: float
    nfe_backward: float
    rejected: float
    seconds: float


class TrajectoryCost(NamedTuple):
    """What one solve of the whole learnt trajectory took."""

    nfe: int
    accepted: int
    rejected: int
    sentence: str = ""


class CostPanel(Section):
    """Figures stand still and change in place; a dash is for what is not known yet."""

    def __init__(self) -> None:
        super().__init__("Cost")
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(theme.SPACE)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(1, 1)
        self.bar = ShareBar()
        self.values: dict[str, QLabel] = {}
        self._caption("a training step")
        self._figure("forward", "NFE forward", "Number of function evaluations: how often the solve asked the field.")
        self._figure("backward", "NFE backward", "How often the gradient asked the field.")
        self._grid.addWidget(self.bar, self._grid.rowCount(), 0, 1, 2)
        self._figure("step_rejected", "rejected", "Solver steps that were tried and thrown away.")
        self._figure("step_time", "time", "The whole training step: solve, gradient and optimiser.")
        self._caption("the whole trajectory")
        self._figure("nfe", "NFE", "Evaluations of the field along the learnt trajectory.")
        self._figure("steps", "accepted / rejected", "Solver steps along the learnt trajectory.")
        self._figure("error", "solver error", ERROR_HELP)
        self._figure("time", "time", "One solve of the learnt trajectory, without gradient.")
        self.add(self._grid)
        self.trouble = QLabel()
        self.trouble.setObjectName("warning")
        self.trouble.setFont(theme.caption_font())
        self.trouble.setWordWrap(True)
        self.trouble.hide()
        self.add(self.trouble)

    def show_step(self, cost: StepCost) -> None:
        """A training step's price."""
        self._set("forward", figures.count(cost.nfe_forward))
        self._set("backward", figures.count(cost.nfe_backward))
        self._set("step_rejected", figures.count(cost.rejected))
        self._set("step_time", _milliseconds(1e3 * cost.seconds))
        self.bar.show_shares(cost.nfe_forward, cost.nfe_backward)

    def show_trajectory(self, cost: TrajectoryCost) -> None:
        """The learnt trajectory's price."""
        self._set("nfe", figures.count(cost.nfe))
        self._set("steps", f"{figures.count(cost.accepted)} / {figures.count(cost.rejected)}")
        self.trouble.setVisible(bool(cost.sentence))
        self.trouble.setText(cost.sentence)

    def show_accuracy(self, error: float | None, milliseconds: float | None) -> None:
        """What the sweep measured for the solver exactly as set."""
        self._set("error", figures.figure(error))
        self._set("time", _milliseconds(milliseconds))

    def clear_step(self) -> None:
        """No step was taken yet."""
        for name in ("forward", "backward", "step_rejected", "step_time"):
            self._set(name, figures.NOTHING)
        self.bar.show_shares(0.0, 0.0)

    def _set(self, name: str, text: str) -> None:
        if self.values[name].text() != text:
            self.values[name].setText(text)

    def _caption(self, text: str) -> None:
        label = QLabel(text)
        label.setObjectName("caption")
        label.setFont(theme.caption_font())
        label.setContentsMargins(0, 4 if self.values else 0, 0, 0)
        self._grid.addWidget(label, self._grid.rowCount(), 0, 1, 2)

    def _figure(self, name: str, label: str, help: str) -> None:
        row = self._grid.rowCount()
        title, value = QLabel(label), QLabel(figures.NOTHING)
        value.setFont(chrome.value_font())
        value.setAlignment(Qt.AlignmentFlag.AlignRight)
        for widget in (title, value):
            widget.setToolTip(help)
        value.setAccessibleName(label)
        value.setAccessibleDescription(help)
        self._grid.addWidget(title, row, 0)
        self._grid.addWidget(value, row, 1)
        self.values[name] = value


class ShareBar(QWidget):
    """Forward (blue) against backward (orange) evaluations."""

    def __init__(self) -> None:
        super().__init__()
        self._forward = self._backward = 0.0
        self.setToolTip("Evaluations of a training step: forward in blue, backward in orange.")
        self.setAccessibleName("Forward against backward evaluations")

    def sizeHint(self) -> QSize:
        return QSize(80, 8)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def show_shares(self, forward: float, backward: float) -> None:
        if (forward, backward) != (self._forward, self._backward):
            self._forward, self._backward = forward, backward
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        bar = QRectF(0, self.height() / 2 - 2, self.width(), 4)
        total = self._forward + self._backward
        painter.setBrush(QColor(colours.orange if total > 0 else colours.hairline))
        painter.drawRoundedRect(bar, 2, 2)
        if total > 0:
            painter.setBrush(QColor(colours.blue))
            painter.drawRoundedRect(QRectF(bar.left(), bar.top(), bar.width() * self._forward / total, 4), 2, 2)
        painter.end()


def _milliseconds(value: float | None) -> str:
    text = figures.figure(value)
    return text if text == figures.NOTHING else f"{text} ms"
