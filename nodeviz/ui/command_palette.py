"""The command palette: every command by a few letters of its name."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from nodeviz.ui import theme
from nodeviz.ui.actions import Actions
from nodeviz.ui.command import Command
from nodeviz.ui.commands import COMMANDS
from nodeviz.ui.fuzzy import ranked
from nodeviz.ui.overlay import Overlay

WIDTH, HEIGHT = 520, 380
KEYS_ROLE = Qt.ItemDataRole.UserRole + 1
MARGIN = 10
STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}


class CommandPalette(Overlay):
    """A line to type in and the commands that fit; Return does the one that is marked."""

    def __init__(self, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent, WIDTH)
        self._actions = actions
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        self.typed = QLineEdit()
        self.typed.setPlaceholderText("What do you want to do?")
        self.typed.setAccessibleName("Command")
        self.list = QListWidget()
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setAccessibleName("Commands")
        self.list.setItemDelegate(_KeysAtTheRight(self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout.addWidget(self.typed)
        layout.addWidget(self.list)
        self.typed.textChanged.connect(self._filter)
        self.typed.returnPressed.connect(self._do)
        self.list.itemClicked.connect(lambda item: self._do())

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, HEIGHT)

    def open_with(self, typed: str = "") -> None:
        """Show, with `typed` already there."""
        self.open_above()
        self.typed.setText(typed)
        self._filter(typed)
        self.typed.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in STEPS:
            row = min(max(self.list.currentRow() + STEPS[key], 0), self.list.count() - 1)
            self.list.setCurrentRow(row)
        else:
            super().keyPressEvent(event)

    def _filter(self, typed: str) -> None:
        self.list.clear()
        for command in ranked(typed, COMMANDS, self._title):
            action = self._actions[command.name]
            if command.name == "palette" or not action.isEnabled():
                continue
            item = QListWidgetItem(self._title(command))
            item.setData(Qt.ItemDataRole.UserRole, command.name)
            item.setData(KEYS_ROLE, action.shortcut().toString(QKeySequence.SequenceFormat.NativeText))
            item.setToolTip(command.help)
            self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _title(self, command: Command) -> str:
        return self._actions[command.name].text()

    def _do(self) -> None:
        item = self.list.currentItem()
        self.close_above()
        if item is not None:
            self._actions[item.data(Qt.ItemDataRole.UserRole)].trigger()


class _KeysAtTheRight(QStyledItemDelegate):
    """Draws a command's shortcut at the right end of its line."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        marked = bool(option.state & QStyle.StateFlag.State_Selected)  # type: ignore[attr-defined]  # not in the stubs
        colours = theme.current()
        painter.save()
        painter.setPen(QColor(colours.panel if marked else colours.secondary))
        area = option.rect.adjusted(0, 0, -MARGIN, 0)  # type: ignore[attr-defined]
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, index.data(KEYS_ROLE))
        painter.restore()
