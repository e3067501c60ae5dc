"""How a declared setting becomes the row of a panel: label, control, value, tooltip, all from its declaration."""

from __future__ import annotations

from nodeviz.settings import Setting
from nodeviz.ui.controls.choice_row import ChoiceRow
from nodeviz.ui.controls.file_row import FileRow
from nodeviz.ui.controls.number_row import NumberRow
from nodeviz.ui.controls.row import Row
from nodeviz.ui.controls.switch_row import SwitchRow
from nodeviz.ui.controls.text_row import TextRow
from nodeviz.ui.store import ExperimentStore

ROWS: dict[str, type[Row]] = {
    "float": NumberRow,
    "int": NumberRow,
    "bool": SwitchRow,
    "choice": ChoiceRow,
    "text": TextRow,
}


def row_for(setting: Setting, section: str, store: ExperimentStore) -> Row:
    """The row that edits `setting` of the experiment's `section`, e.g. "solver"."""
    if setting.files:
        return FileRow(setting, section, store)
    return ROWS[setting.kind](setting, section, store)
