"""KindRow: which of several declared things a section of the experiment is, e.g. an MLP or a formula."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from nodeviz.experiment import Experiment
from nodeviz.settings import value_at
from nodeviz.ui.controls.row import LABEL_WIDTH, ROW_HEIGHT
from nodeviz.ui.store import ExperimentStore


class KindRow(QWidget):
    """One button a kind. Going back to a kind finds it as it was left."""

    def __init__(
        self, label: str, section: str, kinds: Mapping[type[msgspec.Struct], str], store: ExperimentStore
    ) -> None:
        super().__init__()
        self._section, self._store = section, store
        self._left: dict[type[msgspec.Struct], msgspec.Struct] = {}
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        self.setMinimumHeight(ROW_HEIGHT)
        name = QLabel(label)
        name.setFixedWidth(LABEL_WIDTH + 4)
        line.addWidget(name)
        self._group = QButtonGroup(self)
        self.buttons: dict[type[msgspec.Struct], QToolButton] = {}
        for kind, title in kinds.items():
            button = self._button(kind, title)
            line.addWidget(button, 1)
        self._show(store.experiment)
        store.changed.connect(lambda before, after: self._show(after))

    def _button(self, kind: type[msgspec.Struct], title: str) -> QToolButton:
        button = QToolButton()
        button.setCheckable(True)
        button.setText(title)
        button.setObjectName("segment")
        button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        button.setToolTip((kind.__doc__ or title).strip().splitlines()[0])
        button.setAccessibleName(title)
        button.clicked.connect(lambda: self._choose(kind))
        self._group.addButton(button)
        self.buttons[kind] = button
        return button

    def _choose(self, kind: type[msgspec.Struct]) -> None:
        now = value_at(self._store.experiment, self._section)
        if type(now) is not kind:
            self._store.edit(self._section, self._left.get(kind, kind()))

    def _show(self, experiment: Experiment) -> None:
        value = value_at(experiment, self._section)
        self._left[type(value)] = value
        button = self.buttons[type(value)]
        with QSignalBlocker(button):
            button.setChecked(True)
