"""The toolbar: reset, train, step, and the figures that one watches while it trains."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from nodeviz.ui import chrome, figures, icons, theme
from nodeviz.ui.actions import Actions
from nodeviz.ui.engine_link import EngineLink
from nodeviz.ui.theme import Theme

TRAIN_WIDTH = 112


class Toolbar(QWidget):
    """Buttons of actions, left and right of the live figures."""

    def __init__(self, actions: Actions, link: EngineLink) -> None:
        super().__init__()
        self.setObjectName("bar")
        self._link = link
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 6, 12, 6)
        line.setSpacing(theme.SPACE)
        self._icons: list[tuple[QToolButton, str]] = []
        self.reset = self._button(line, actions["reset"], "reset", "Reset")
        self.train = self._button(line, actions["train"], "play", "Train")
        self.train.setObjectName("primary")
        self.train.setFixedWidth(TRAIN_WIDTH)
        self.step = self._button(line, actions["step"], "step", "Step")
        line.addSpacing(theme.SPACE_LARGE)
        self.figures = {name: LiveFigure(name, *shown) for name, shown in FIGURES.items()}
        for live in self.figures.values():
            line.addWidget(live)
        line.addStretch(1)
        for name in ("undo", "redo"):
            self._button(line, actions[name], name)
        self.theme = self._button(line, actions["theme"], "moon")
        self._button(line, actions["palette"], "search")
        chrome.dress(self)
        theme.changed.connect(self._paint_icons)
        link.stateChanged.connect(self.show_state)
        self.step_shown = 0
        self.show_state()
        self._paint_icons(theme.current())

    def show_step(self, step: int) -> None:
        self.step_shown = step
        self.figures["step"].show_text(figures.count(step))

    def show_loss(self, loss: float | None) -> None:
        self.figures["loss"].show_text(figures.figure(loss))

    def show_speed(self, steps_a_second: float | None) -> None:
        self.figures["it/s"].show_text(figures.NOTHING if steps_a_second is None else f"{steps_a_second:.0f}")

    def show_state(self) -> None:
        """The train button says what it would do, or that training is on its way."""
        link = self._link
        if link.trainer.state == "lost":
            text = "Restart"
        elif link.starting:
            text = "Starting…"
        else:
            text = "Pause" if link.activity == "training" else "Train"
        self.train.setText(text)
        self._paint_icons(theme.current())

    def _button(self, line: QHBoxLayout, action: QAction, icon: str, text: str = "") -> QToolButton:
        button = QToolButton()
        button.setIconSize(QSize(icons.SIDE, icons.SIDE))
        button.setText(text)
        style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon if text else Qt.ToolButtonStyle.ToolButtonIconOnly
        button.setToolButtonStyle(style)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(text or action.text())
        button.clicked.connect(action.trigger)

        def follow() -> None:
            button.setEnabled(action.isEnabled())
            button.setToolTip(action.toolTip())

        action.changed.connect(follow)
        follow()
        line.addWidget(button)
        self._icons.append((button, icon))
        return button

    def _train_icon(self) -> str:
        link = self._link
        if link.trainer.state == "lost":
            return "reset"
        return "pause" if link.wanted or link.activity == "training" else "play"

    def _paint_icons(self, colours: Theme) -> None:
        on_accent = "#ffffff" if colours.name == "light" else "#0b1a2c"
        for button, name in self._icons:
            colour = colours.text
            if button is self.train:
                name = self._train_icon()
                colour = on_accent
            if button is self.theme:
                name = "sun" if colours.name == "dark" else "moon"
            button.setIcon(icons.icon(name, colour))


FIGURES = {
    "step": ("Training steps taken.", "000\u2009000"),
    "loss": ("The loss of the newest training steps.", "0.00×10⁻⁵"),
    "it/s": ("Training steps a second.", "0000"),
}
"""What each live figure says, and the widest it is made room for: so none moves when another grows."""


class LiveFigure(QWidget):
    """A small name and a large number of steady width."""

    def __init__(self, name: str, help: str, widest: str) -> None:
        super().__init__()
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, theme.SPACE, 0)
        line.setSpacing(6)
        title = QLabel(name)
        title.setObjectName("caption")
        title.setFont(theme.caption_font())
        self.value = QLabel(figures.NOTHING)
        self.value.setFont(theme.figure_font())
        self.value.setMinimumWidth(self.value.fontMetrics().horizontalAdvance(widest))
        self.value.setAccessibleName(name)
        line.addWidget(title, 0, Qt.AlignmentFlag.AlignBaseline)
        line.addWidget(self.value, 0, Qt.AlignmentFlag.AlignBaseline)
        self.setToolTip(help)

    def show_text(self, text: str) -> None:
        if self.value.text() != text:
            self.value.setText(text)
