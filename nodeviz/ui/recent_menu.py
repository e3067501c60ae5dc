"""The menu of files that were opened or saved last."""

from __future__ import annotations

from PySide6.QtWidgets import QMenu, QWidget

from nodeviz.library.recent import recent_files
from nodeviz.ui import chrome
from nodeviz.ui.document import Document


class RecentMenu(QMenu):
    """Reads the list anew each time it is shown, since another window may have changed it."""

    def __init__(self, document: Document, parent: QWidget) -> None:
        super().__init__("Open recent", parent)
        self._document = document
        chrome.dress(self)
        self.aboutToShow.connect(self.fill)

    def fill(self) -> None:
        """One entry a file; a word when there is none."""
        self.clear()
        for path in recent_files():
            action = self.addAction(path.name)
            action.setToolTip(str(path))
            action.triggered.connect(lambda checked=False, path=path: self._document.open(path))
        if self.isEmpty():
            self.addAction("Nothing yet").setEnabled(False)
