"""FileRow: the path of a file, typed, or chosen in the platform's dialog."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLineEdit, QToolButton

from nodeviz.ui import icons, theme
from nodeviz.ui.controls.row import Row
from nodeviz.ui.theme import Theme


class FileRow(Row):
    """What was typed is taken when the field is left or Return is pressed. An open dialog stops nothing."""

    def build(self) -> None:
        self.text = QLineEdit()
        self.named(self.text)
        self.text.setPlaceholderText("an example")
        self.text.editingFinished.connect(lambda: self.edit(self.text.text().strip()))
        self.browse = QToolButton()
        self.browse.setObjectName("plain")
        self.browse.setToolTip(f"Choose a file ({', '.join(self.setting.files)}).")
        self.browse.setAccessibleName(f"Choose the {self.setting.label}")
        self.browse.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.browse.clicked.connect(self.ask)
        self.dialog: QFileDialog | None = None
        self._line.addWidget(self.text, 1)
        self._line.addWidget(self.browse)
        theme.changed.connect(self._paint)
        self._paint(theme.current())

    def show_value(self, value: str) -> None:
        if self.text.text() != value:
            self.text.setText(value)  # and its end is seen, which is the file's name
        self.text.setToolTip(f"{value}\n{self.setting.help}".strip())

    def ask(self) -> None:
        """Open the platform's dialog, beside the file at hand."""
        if self.dialog is None:
            self.dialog = QFileDialog(self.window(), f"Choose the {self.setting.label}")
            self.dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
            self.dialog.setNameFilters([filter_of(self.setting.files), "All files (*)"])
            self.dialog.fileSelected.connect(self.edit)
            self.destroyed.connect(self.dialog.deleteLater)
        known = Path(self.value).expanduser()
        self.dialog.setDirectory(str(known.parent if self.value and known.parent.is_dir() else Path.home()))
        self.dialog.open()

    def _paint(self, colours: Theme) -> None:
        self.browse.setIcon(icons.icon("folder", colours.text))


def filter_of(files: tuple[str, ...]) -> str:
    """Files of these endings as Qt's dialogs want them."""
    names, patterns = (ending.removeprefix(".").upper() for ending in files), (f"*{ending}" for ending in files)
    return f"{', '.join(names)} ({' '.join(patterns)})"
