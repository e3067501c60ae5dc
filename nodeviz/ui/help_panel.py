"""Help: what is where, and every key."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from nodeviz.ui import chrome, theme
from nodeviz.ui.commands import COMMANDS
from nodeviz.ui.overlay import Overlay

WIDTH, HEIGHT = 620, 600
WORDS = """<p><b>A neural ODE is a vector field with parameters</b>: dh/dt = f(h, t, θ). Training moves θ until the
field carries its starts along the data.</p>
<p><b>Three tasks</b>, chosen at the upper left. <i>Fit trajectories</i>: the field is learnt from paths that were
observed. <i>Classify</i>: the flow moves points until a straight cut tells their classes apart. <i>Match a density</i>:
the flow carries a normal distribution to that of the data. A thumbnail chooses the data; noise, size and split act at
once and keep the weights.</p>
<p>Causes stand on the left: the problem, the field, how it is trained. The effect is in the middle: the phase plane.
The price is on the right: the solver's settings beside what they cost.</p>
<p><b>In the phase plane</b> a click places a start and a drag moves it; a right click or Delete removes it. The wheel
zooms, a drag beside the starts pans, a double click shows everything again. The chips above it choose what is drawn:
the decision surface or the density at the time below, the data, and points that the flow carries. An augmented
dimension lifts points off the plane. The two arrows below play time forward and back.</p>
<p><b>Below</b>, the loss has its floor dashed where one is known: no field is better on average. Beside the trade-off
of error and cost stand studies of the experiment; one runs while it is looked at. A right click on any plot copies or
saves its picture, on a table its numbers.</p>
<p><b>NFE</b>, the number of function evaluations, is how often the solver asked the field. <b>rtol</b> and <b>atol</b>
are the error that an adaptive method may make in one step. The <b>solver error</b> is what came of it: the largest
distance to the exact trajectory of the same field. The <b>loss</b> says how far that field is from the data.</p>"""


class HelpPanel(Overlay):
    """Escape closes it. It is written when it is first opened: the window is shown the sooner."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, WIDTH)

    def _compose(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        body = QWidget()
        body.setObjectName("columnBody")
        inner = QVBoxLayout(body)
        inner.setContentsMargins(theme.SPACE_LARGE, theme.SPACE, theme.SPACE_LARGE, theme.SPACE)
        words = QLabel(WORDS)
        words.setWordWrap(True)
        inner.addWidget(words)
        inner.addLayout(_keys())
        inner.addStretch(1)
        area.setWidget(body)
        layout.addWidget(area)

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, HEIGHT)

    def toggle(self) -> None:
        """Show when hidden, hide when shown."""
        if self.isVisible():
            self.close_above()
        else:
            if self.layout() is None:
                self._compose()
            self.open_above()
            self.setFocus(Qt.FocusReason.ShortcutFocusReason)


def _keys() -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(theme.SPACE_LARGE)
    grid.setColumnStretch(1, 1)
    for row, command in enumerate(command for command in COMMANDS if command.shortcuts):
        keys = QLabel(QKeySequence(command.shortcuts[0]).toString(QKeySequence.SequenceFormat.NativeText))
        keys.setFont(chrome.formula_font())
        title = QLabel(command.help or command.title)
        title.setObjectName("caption")
        grid.addWidget(keys, row, 0)
        grid.addWidget(title, row, 1)
    return grid
