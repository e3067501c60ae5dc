"""What becomes of a file that is dropped on the window: a document is opened, points or an image become the data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec.structs import replace
from PySide6.QtCore import QEvent, QMimeData, QObject
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from nodeviz.datasets.declared import FileDataset, title_of
from nodeviz.datasets.picture import Picture
from nodeviz.datasets.points_file import PointsFile
from nodeviz.library.model_file import SUFFIX
from nodeviz.ui.announcements import Notice
from nodeviz.ui.desk import Desk

KEY = "drop"
DOCUMENTS = (SUFFIX, ".json")
OF_FILES: tuple[type[FileDataset], ...] = (PointsFile, Picture)


class FileDrops(QObject):
    """Takes one file at a time, of the endings that it knows, and says what it did or why it could not."""

    def __init__(self, window: QWidget, desk: Desk) -> None:
        super().__init__(window)
        self._desk = desk
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QDropEvent) and event.type() in (QEvent.Type.DragEnter, QEvent.Type.Drop):
            path = _path_in(event.mimeData())
            if path is None:
                return False
            event.acceptProposedAction()
            if not isinstance(event, QDragEnterEvent):
                self.take(path)
            return True
        return False

    def take(self, path: Path) -> None:
        """Open the document at `path`, or make the points or the image there the data, as one step of undo."""
        kind = _kind_of(path)
        if path.suffix.lower() in DOCUMENTS:
            self._desk.document.open(path)
        elif kind is None:
            known = ", ".join((*DOCUMENTS, *(ending for each in OF_FILES for ending in each.files)))
            self._complain(f"{path.name} is of no kind that can be dropped here.", f"Drop a file of these: {known}.")
        else:
            self._take_data(path, kind)

    def _take_data(self, path: Path, kind: type[FileDataset]) -> None:
        left: Any = self._desk.alternatives.as_left(kind)
        dataset = replace(left, path=str(path), seen=None)  # looked at anew, also when it is the same file
        try:
            dataset.check_file()
        except ValueError as error:
            self._complain(str(error), "The data are as they were.")
            return
        offered = self._desk.alternatives.offer_data(dataset)
        if offered.experiment is None:
            self._complain(offered.reason, "The data are as they were.")
            return
        self._desk.announcements.settle(KEY)
        self._desk.store.take(offered.experiment)
        self._desk.announcements.say(f"{path.name} is the data now, as {title_of(kind).lower()}; undo takes it back.")

    def _complain(self, sentence: str, remedy: str) -> None:
        self._desk.announcements.notice(Notice(KEY, sentence, remedy))


def _kind_of(path: Path) -> type[FileDataset] | None:
    """The dataset that is made of such files."""
    return next((kind for kind in OF_FILES if path.suffix.lower() in kind.files), None)


def _path_in(dragged: QMimeData) -> Path | None:
    """The one local file that is dragged."""
    urls = [url for url in dragged.urls() if url.isLocalFile()]
    return Path(urls[0].toLocalFile()) if len(urls) == 1 else None
