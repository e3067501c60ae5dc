"""The view chips: what the phase plane draws, each one click away, above it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from nodeviz.ui import chrome, theme
from nodeviz.ui.actions import Actions

SHOWN = "Show "


class ViewChips(QWidget):
    """One chip for every switch of the view, and the reset of the view at the right."""

    def __init__(self, actions: Actions) -> None:
        super().__init__()
        self.setObjectName("bar")
        line = QHBoxLayout(self)
        line.setContentsMargins(theme.SPACE, theme.SPACE_SMALL, theme.SPACE, theme.SPACE_SMALL)
        line.setSpacing(theme.SPACE_SMALL)
        self.chips: dict[str, QToolButton] = {}
        for command in actions.commands_of("View"):
            if command.name.startswith("view."):
                self.chips[command.name] = self._chip(actions[command.name], checkable=True)
                line.addWidget(self.chips[command.name])
        line.addStretch(1)
        line.addWidget(self._chip(actions["clear starts"], checkable=False))
        line.addWidget(self._chip(actions["reset view"], checkable=False))
        chrome.dress(self)

    def _chip(self, action: QAction, *, checkable: bool) -> QToolButton:
        chip = QToolButton()
        chip.setCheckable(checkable)
        chip.setText(action.text().removeprefix(SHOWN))
        chip.setObjectName("chip")
        chip.setFont(theme.caption_font())
        chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        chip.setAccessibleName(action.text())
        chip.clicked.connect(action.trigger)

        def follow() -> None:
            chip.setChecked(action.isChecked())
            chip.setEnabled(action.isEnabled())
            chip.setToolTip(action.toolTip())

        action.changed.connect(follow)
        follow()
        return chip
