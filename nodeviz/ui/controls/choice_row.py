"""ChoiceRow: one of a few named values, each with its own sentence."""

from __future__ import annotations

from nodeviz.ui.controls.choice_box import ChoiceBox
from nodeviz.ui.controls.row import Row


class ChoiceRow(Row):
    """For choices: a box that opens their list, and whose tooltip is the sentence of what is chosen."""

    def build(self) -> None:
        self.box = ChoiceBox(self.setting)
        self.named(self.box)
        self.box.activated.connect(self._on_activated)
        self._line.addWidget(self.box, 1)

    def show_value(self, value: str) -> None:
        self.box.show_value(value)

    def _on_activated(self, index: int) -> None:
        self.edit(self.box.itemData(index))
