"""Row: what every control of a setting has in common. It shows what the store holds and sends edits there."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable
from itertools import count
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from nodeviz.experiment import Experiment
from nodeviz.settings import Setting, value_at
from nodeviz.ui import theme
from nodeviz.ui.controls.reset_mark import ResetMark
from nodeviz.ui.store import ExperimentStore

LABEL_WIDTH = 84
VALUE_WIDTH = 64
ROW_HEIGHT = 26

_gestures = count()


class Row(QWidget):
    """A label on the left, a control on the right. Abstract: a kind of control builds itself and shows values."""

    def __init__(self, setting: Setting, section: str, store: ExperimentStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setting = setting
        self.path = f"{section}.{setting.name}"
        self._section = section
        self._struct = type(value_at(store.experiment, section))
        self._store = store
        self._gesture: Hashable | None = None
        self._body = QVBoxLayout(self)
        self._body.setContentsMargins(0, 0, 0, 0)
        self._body.setSpacing(0)
        self._line = QHBoxLayout()
        self._line.setSpacing(theme.SPACE)
        self._body.addLayout(self._line)
        self.label = QLabel(setting.label)
        self.label.setFixedWidth(LABEL_WIDTH)
        self.label.setToolTip(setting.help)
        self.setToolTip(setting.help)
        self._line.addWidget(self.label)
        if setting.at_reset:
            self._line.addWidget(ResetMark())
        self.setMinimumHeight(ROW_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.build()
        self.show_value(self.value)
        store.changed.connect(self._on_changed)

    @abstractmethod
    def build(self) -> None:
        """Make the control and add it to the line."""
        raise NotImplementedError

    @abstractmethod
    def show_value(self, value: Any) -> None:
        """Show `value` without editing the store."""
        raise NotImplementedError

    @property
    def value(self) -> Any:
        """What the store holds."""
        return value_at(self._store.experiment, self.path)

    def edit(self, value: Any) -> None:
        """Send `value` to the store; one that it refuses leaves the control as the store has it."""
        if not self._store.edit(self.path, value, gesture=self._gesture):
            self.show_value(self.value)

    def begin_gesture(self) -> None:
        """From here on edits are one step of undo, until the gesture ends."""
        self._gesture = (self.path, next(_gestures))

    def end_gesture(self) -> None:
        self._gesture = None

    def named(self, control: QWidget, *, focus: Qt.FocusPolicy = Qt.FocusPolicy.StrongFocus) -> None:
        """Give `control` the setting's name and help, for the pointer and for a screen reader."""
        control.setAccessibleName(self.setting.label)
        control.setAccessibleDescription(self.setting.help)
        control.setToolTip(self.setting.help)
        control.setFocusPolicy(focus)
        self.label.setBuddy(control)

    def _on_changed(self, before: Experiment, after: Experiment) -> None:
        section = value_at(after, self._section)
        if type(section) is self._struct:
            self.show_value(getattr(section, self.setting.name))
