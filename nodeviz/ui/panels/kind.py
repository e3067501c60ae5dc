"""KindRow: which of several declared things a section of the experiment is, e.g. a network or a formula."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QSizePolicy, QWidget

from nodeviz.experiment import Experiment
from nodeviz.settings import value_at
from nodeviz.ui import theme
from nodeviz.ui.alternatives import KINDS, Alternatives, Kind, sentence_of
from nodeviz.ui.panels.one_of_many import OneOfMany, move_on
from nodeviz.ui.store import ExperimentStore

MOST_IN_A_LINE = 4
PADDING = 10
"""Pixels that a button needs beside its title."""


class KindRow(QWidget):
    """One button a kind, in as few lines as they need. A kind that does not suit the rest is dim, and says why."""

    def __init__(self, section: str, store: ExperimentStore, alternatives: Alternatives) -> None:
        super().__init__()
        self._section, self._alternatives = section, alternatives
        self._group = QButtonGroup(self)
        self.buttons = {kind: self._button(kind) for kind in KINDS[section]}
        self._lay_out(list(self.buttons.values()))
        self._show(store.experiment)
        store.changed.connect(self._on_changed)

    def _button(self, kind: Kind) -> OneOfMany:
        button = OneOfMany(kind.title)
        button.setObjectName("segment")
        button.setFont(theme.caption_font())
        button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        button.clicked.connect(lambda: self._choose(kind))
        button.moved.connect(lambda places: move_on(self.buttons, kind, places, self._choose))
        self._group.addButton(button)
        return button

    def _choose(self, kind: Kind) -> None:
        self._alternatives.choose(self._section, kind)

    def _lay_out(self, buttons: list[OneOfMany]) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(4)
        lines = -(-len(buttons) // MOST_IN_A_LINE)
        across = -(-len(buttons) // lines)
        for place, button in enumerate(buttons):
            grid.addWidget(button, place // across, place % across)
        for column in range(across):
            widths = [button.fontMetrics().horizontalAdvance(button.text()) for button in buttons[column::across]]
            grid.setColumnStretch(column, max(widths) + PADDING)

    def _on_changed(self, before: Experiment, after: Experiment) -> None:
        self._show(after)

    def _show(self, experiment: Experiment) -> None:
        chosen = type(value_at(experiment, self._section))
        for kind, button in self.buttons.items():
            reason = self._alternatives.offer(self._section, kind).reason
            button.setEnabled(not reason)
            button.setToolTip(f"{sentence_of(kind)}\n{reason}".strip())
        button = self.buttons[chosen]
        with QSignalBlocker(button):
            button.setChecked(True)
