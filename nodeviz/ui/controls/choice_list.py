"""ChoiceList: the values of a choice one below another in their groups, each with its sentence, to pick one."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from nodeviz.settings import Choice
from nodeviz.ui import chrome, theme

WIDTH, HIGHEST = 600, 520
ROW, HEADING, INDENT, BORDERS = 40, 28, 10, 24
HELP_ROLE = Qt.ItemDataRole.UserRole + 1


class ChoiceList(QFrame):
    """Opens beside whoever asked; a click or Return picks, Escape or a click elsewhere leaves things as they are."""

    picked = Signal(str)

    def __init__(self, choices: tuple[Choice, ...], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("palette")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        self.list = _List()
        self.list.setItemDelegate(_LabelAndSentence(self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setAccessibleName(parent.accessibleName())
        self.list.setMouseTracking(True)
        self.list.itemEntered.connect(self.list.setCurrentItem)
        self.list.itemClicked.connect(self._pick)
        self.list.returned.connect(lambda: self._pick(self.list.currentItem()))
        layout.addWidget(self.list)
        self._fill(choices)
        chrome.dress(self)

    def open_at(self, anchor: QWidget, value: str) -> None:
        """Show below `anchor`, or where there is room, with `value` marked."""
        rows = [self.list.sizeHintForRow(row) for row in range(self.list.count())]
        available = anchor.screen().availableGeometry()
        height = min(sum(rows) + BORDERS, HIGHEST, available.height() - 16)
        right = anchor.mapToGlobal(QPoint(anchor.width(), anchor.height() + 2))
        x = min(max(right.x() - WIDTH, available.left() + 8), available.right() - WIDTH - 8)
        y = min(right.y(), available.bottom() - height - 8)
        self.setGeometry(x, y, WIDTH, height)
        for row in range(self.list.count()):
            if self.list.item(row).data(Qt.ItemDataRole.UserRole) == value:
                self.list.setCurrentRow(row)
        self.show()
        self.list.setFocus(Qt.FocusReason.PopupFocusReason)
        self.list.scrollToItem(self.list.currentItem(), QAbstractItemView.ScrollHint.PositionAtCenter)

    def _fill(self, choices: tuple[Choice, ...]) -> None:
        groups = tuple(dict.fromkeys(choice.group for choice in choices))
        for group in groups:
            if group:
                heading = QListWidgetItem(group)
                heading.setFlags(Qt.ItemFlag.NoItemFlags)
                self.list.addItem(heading)
            for choice in choices:
                if choice.group == group:
                    item = QListWidgetItem(choice.label)
                    item.setData(Qt.ItemDataRole.UserRole, choice.value)
                    item.setData(HELP_ROLE, choice.help)
                    item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, choice.help)
                    item.setToolTip(choice.help)
                    self.list.addItem(item)

    def _pick(self, item: QListWidgetItem | None) -> None:
        if item is not None and item.flags() & Qt.ItemFlag.ItemIsEnabled:
            self.hide()
            self.picked.emit(item.data(Qt.ItemDataRole.UserRole))


class _List(QListWidget):
    """Tells when Return was pressed."""

    returned = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.returned.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.window().hide()
        else:
            super().keyPressEvent(event)


class _LabelAndSentence(QStyledItemDelegate):
    """A label with its sentence below in small; a heading where there is no value."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(WIDTH - 32, ROW if index.data(Qt.ItemDataRole.UserRole) else HEADING)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        colours, area = theme.current(), QRect(option.rect)  # type: ignore[attr-defined]  # not in the stubs
        marked = bool(option.state & QStyle.StateFlag.State_Selected)  # type: ignore[attr-defined]
        painter.save()
        inside = area.adjusted(INDENT, 0, -INDENT, 0)
        if not index.data(Qt.ItemDataRole.UserRole):
            painter.setFont(chrome.heading_font())
            painter.setPen(QColor(colours.secondary))
            painter.drawText(inside.adjusted(0, 6, 0, 0), Qt.AlignmentFlag.AlignVCenter, index.data())
            painter.restore()
            return
        if marked:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.blue))
            painter.drawRoundedRect(area.adjusted(0, 1, 0, -1), 4, 4)
        on_accent = QColor("#ffffff" if colours.name == "light" else "#0b1a2c")
        painter.setFont(theme.text_font())
        painter.setPen(on_accent if marked else QColor(colours.text))
        upper = QRect(inside.left(), inside.top() + 3, inside.width(), 18)
        painter.drawText(upper, Qt.AlignmentFlag.AlignVCenter, index.data())
        painter.setFont(theme.caption_font())
        painter.setPen(on_accent if marked else QColor(colours.secondary))
        lower = QRect(inside.left(), inside.top() + 20, inside.width(), 16)
        sentence = painter.fontMetrics().elidedText(index.data(HELP_ROLE), Qt.TextElideMode.ElideRight, lower.width())
        painter.drawText(lower, Qt.AlignmentFlag.AlignVCenter, sentence)
        painter.restore()
