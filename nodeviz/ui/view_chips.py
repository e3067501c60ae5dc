"""The view chips: what the phase plane draws, each one click away, above it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from nodeviz.ui import chrome, theme
from nodeviz.ui.actions import Actions

SHOWN = "Show "
FIRST_TO_LEAVE = ("view.arrows", "view.particles", "view.learnt", "view.data", "view.target", "view.cloud")
"""The order in which chips give way where there is too little room."""


class ViewChips(QWidget):
    """One chip for every switch of the view, and the reset of the view at the right."""

    def __init__(self, actions: Actions) -> None:
        super().__init__()
        self.setObjectName("bar")
        line = QHBoxLayout(self)
        line.setContentsMargins(theme.SPACE, theme.SPACE_SMALL, theme.SPACE, theme.SPACE_SMALL)
        line.setSpacing(theme.SPACE_SMALL)
        self._actions = actions
        self.chips: dict[str, QToolButton] = {}
        self._action_of: dict[QToolButton, QAction] = {}
        for command in actions.commands_of("View"):
            if command.name.startswith("view."):
                self.chips[command.name] = self._chip(actions[command.name], checkable=True)
                line.addWidget(self.chips[command.name])
        line.addStretch(1)
        self._spare = tuple(self._chip(actions[name], checkable=False) for name in ("clear starts", "reset view"))
        for chip in self._spare:
            line.addWidget(chip)
        self.rest = self._rest_chip()
        line.addWidget(self.rest)
        for action in self._action_of.values():
            action.changed.connect(self._make_room)
        chrome.dress(self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        """Where there is no room for all, the less wanted give way, and are in the menu of the last chip."""
        offered = {name: chip for name, chip in self.chips.items() if self._actions[name].isVisible()}
        leaving = [*self._spare, *(offered[name] for name in FIRST_TO_LEAVE if name in offered)]
        shown = [*offered.values(), *self._spare]
        left_out: list[QToolButton] = []
        while leaving and _width([*shown, *([self.rest] if left_out else [])]) > self.width():
            left_out.append(leaving.pop(0))
            shown.remove(left_out[-1])
        for chip in self._action_of:
            chip.setVisible(chip in shown)
        self.rest.menu().clear()
        self.rest.menu().addActions([action for chip, action in self._action_of.items() if chip in left_out])
        self.rest.setVisible(bool(left_out))

    def _rest_chip(self) -> QToolButton:
        """Holds in a menu what has no room."""
        chip, menu = QToolButton(self), QMenu(self)
        chip.setObjectName("chip")
        chip.setFont(theme.caption_font())
        chip.setText("…")
        chip.setAccessibleName("More of the view")
        chip.setToolTip("What else the plane can show, where the window is too narrow for it.")
        chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        chip.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        chip.setMenu(menu)
        chrome.dress(menu)
        return chip

    def _chip(self, action: QAction, *, checkable: bool) -> QToolButton:
        chip = QToolButton(self)
        self._action_of[chip] = action
        chip.setCheckable(checkable)
        chip.setObjectName("chip")
        chip.setFont(theme.caption_font())
        chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        chip.clicked.connect(action.trigger)

        def follow() -> None:
            chip.setText(action.text().removeprefix(SHOWN))
            chip.setAccessibleName(action.text())
            chip.setChecked(action.isChecked())
            chip.setEnabled(action.isEnabled())
            chip.setToolTip(action.toolTip())

        action.changed.connect(follow)
        follow()
        return chip


def _width(chips: list[QToolButton]) -> int:
    """What a line of `chips` needs."""
    return sum(chip.sizeHint().width() + theme.SPACE_SMALL for chip in chips) + 2 * theme.SPACE
