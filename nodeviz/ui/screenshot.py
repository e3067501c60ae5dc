"""How the window takes a picture of itself: it trains for a while, is painted into a file, and closes."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSize, QTimer

from nodeviz.library.atomic import write_atomically
from nodeviz.ui.exporting import png_bytes
from nodeviz.ui.theme import Choice

if TYPE_CHECKING:
    from nodeviz.ui.desk import Desk
    from nodeviz.ui.main_window import MainWindow

PATIENCE = 120_000
"""Milliseconds that training may take to begin; then the picture is of what there is, and the status is 1."""


@dataclass(frozen=True)
class Screenshot:
    """What was asked for: a PNG at `path` after `seconds` of training, of a window of this size and theme."""

    path: Path
    seconds: float = 5.0
    size: tuple[int, int] | None = None
    theme: Choice | None = None


class Photographer(QObject):
    """Trains, waits, photographs, closes. `status` is the exit status: 0 when the picture shows what was asked for."""

    def __init__(self, asked: Screenshot, desk: Desk, window: MainWindow) -> None:
        super().__init__(window)
        self._asked, self._desk, self._window = asked, desk, window
        self.status = 0
        self._taken = False
        if asked.size is not None:
            window.resize(QSize(*asked.size))
        self._patience = QTimer(self, interval=PATIENCE, singleShot=True)
        self._exposure = QTimer(self, interval=round(1000 * asked.seconds), singleShot=True)
        self._patience.timeout.connect(lambda: self._give_up("The engine did not answer."))
        self._exposure.timeout.connect(self._take)
        desk.link.failed.connect(lambda failed: self._give_up(failed.message))
        desk.link.lost.connect(lambda lost: self._give_up(f"The {lost.role} ended unexpectedly."))
        if asked.seconds > 0:
            desk.link.stateChanged.connect(self._on_state)
            desk.link.train()
        else:
            desk.link.portrayed.connect(lambda portrait: self._expose())
        self._patience.start()

    def _on_state(self) -> None:
        if self._desk.link.activity == "training":
            self._expose()

    def _expose(self) -> None:
        if not (self._taken or self._exposure.isActive()):
            self._patience.stop()
            self._exposure.start()

    def _give_up(self, reason: str) -> None:
        if self._taken:
            return
        print(f"nodeviz: {reason} The picture shows the window as it is.", file=sys.stderr)  # noqa: T201
        self.status = 1
        self._take()

    def _take(self) -> None:
        self._taken = True
        self._patience.stop()
        self._exposure.stop()
        shown = self._window.toolbar.step_shown  # the engine may be ahead of what is drawn
        try:
            write_atomically(self._asked.path, png_bytes(self._window.grab().toImage()))
            print(f"{self._asked.path} shows step {shown}.")  # noqa: T201
        except OSError as error:
            print(f"nodeviz: {self._asked.path} could not be written: {error.strerror}", file=sys.stderr)  # noqa: T201
            self.status = 1
        self._window.close()
