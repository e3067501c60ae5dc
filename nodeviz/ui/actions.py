"""Actions: every command of the window as Qt knows it, made from the one list of commands."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence

from nodeviz.ui.command import Command
from nodeviz.ui.commands import COMMANDS
from nodeviz.ui.desk import Workplace


class Actions(QObject):
    """One QAction a command, enabled and checked as the command says whenever something changes."""

    def __init__(self, workplace: Workplace) -> None:
        super().__init__(workplace.window)
        self._workplace = workplace
        self._actions: dict[str, QAction] = {}
        for command in COMMANDS:
            self._actions[command.name] = self._made(command)
            workplace.window.addAction(self._actions[command.name])
        desk = workplace.desk
        desk.store.changed.connect(self.refresh)
        desk.link.stateChanged.connect(self.refresh)
        self.refresh()

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def commands_of(self, menu: str) -> list[Command]:
        """The commands of a menu, in order."""
        return [command for command in COMMANDS if command.menu == menu]

    def refresh(self) -> None:
        """Enable, check and name every action as things stand."""
        for command in COMMANDS:
            action = self._actions[command.name]
            action.setVisible(command.offered(self._workplace))
            action.setEnabled(action.isVisible() and command.enabled(self._workplace))
            if command.checked is not None:
                action.setChecked(command.checked(self._workplace))
            if command.title_now is not None:
                action.setText(command.title_now(self._workplace))

    def _made(self, command: Command) -> QAction:
        action = QAction(command.title, self)
        action.setCheckable(command.checked is not None)
        action.setShortcuts([QKeySequence(shortcut) for shortcut in command.shortcuts])
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{command.help or command.title} ({keys})" if keys else command.help or command.title)
        action.triggered.connect(lambda: command.run(self._workplace))
        return action
