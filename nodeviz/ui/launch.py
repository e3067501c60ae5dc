"""How the window is opened: application, desk, window, first frame, and then the rest of the engine."""

from __future__ import annotations

import gc
import signal
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from nodeviz.ui import theme
from nodeviz.ui.alternatives import Alternatives
from nodeviz.ui.announcements import Announcements
from nodeviz.ui.application import make_application
from nodeviz.ui.desk import Desk
from nodeviz.ui.document import Document
from nodeviz.ui.engine_link import EngineLink
from nodeviz.ui.frame_clock import FrameClock
from nodeviz.ui.kept_weights import KeptWeights
from nodeviz.ui.lost_data import LostData
from nodeviz.ui.magnifying import magnify
from nodeviz.ui.main_window import MainWindow
from nodeviz.ui.preferences import PreferenceKeeper
from nodeviz.ui.screenshot import Photographer, Screenshot
from nodeviz.ui.store import ExperimentStore
from nodeviz.ui.trouble import Trouble
from nodeviz.ui.worker_link import Client


def open_window(
    argv: Sequence[str], client: Client, *, path: Path | None = None, screenshot: Screenshot | None = None
) -> int:
    """Open the window and return the exit status when it is closed.

    argv is the program's, for Qt's own options; `client` may have workers already; `path` is a model or an experiment
    to open instead of the last session. With `screenshot` the window writes a picture of itself and closes, and the
    last session stays as it is.
    """
    magnify(PreferenceKeeper(remembering=screenshot is None).current)
    app = make_application(argv)
    launched = launch(client, path, remembering=screenshot is None)
    launched.window.shownFirst.connect(_collect_from_now_on, Qt.ConnectionType.QueuedConnection)
    # Ctrl+C in the terminal, or the end of the desktop's session, closes the window in order: its session is saved and
    # its children end. Python hears of it at the next tick.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: launched.window.close())
    if screenshot is None:
        launched.window.show()
        return app.exec()
    if screenshot.theme is not None:
        theme.apply(app, screenshot.theme)
    launched.desk.clock.detailChanged.disconnect(launched.window.plane.set_detail)  # a picture has all particles
    photographer = Photographer(screenshot, launched.desk, launched.window)
    launched.window.show()
    status = app.exec()
    return photographer.status or status


def _collect_from_now_on() -> None:
    gc.freeze()  # what there is now is there to stay: no collection need look through it, and frames wait for none
    gc.enable()


class Launched(QObject):
    """A window and the desk below it, with their common beginning and end."""

    def __init__(self, desk: Desk, window: MainWindow, trouble: Trouble) -> None:
        super().__init__()
        self.desk, self.window, self._trouble = desk, window, trouble
        desk.clock.ticked.connect(desk.document.tick)
        desk.clock.start()
        # Queued, so that the first frame is on the screen before more workers take the processor.
        window.shownFirst.connect(self._begin, Qt.ConnectionType.QueuedConnection)
        window.closed.connect(self.end)
        self._ended = False

    def _begin(self) -> None:
        QTimer.singleShot(0, self._start_engine)

    def _start_engine(self) -> None:
        self.desk.link.start()
        self.desk.clock.ticked.connect(self.desk.link.tick)  # not before: it would miss that a worker is ready

    def end(self) -> None:
        """Save the session, end the workers."""
        if not self._ended:
            self._ended = True
            self.desk.clock.stop()
            self.desk.document.close()
            self.desk.link.stop()
            self._trouble.let_go()


def launch(client: Client, path: Path | None = None, *, remembering: bool = True) -> Launched:
    """Everything but the event loop. The window is made, not yet shown; the engine starts after its first frame.

    Unless `remembering`, it neither knows nor leaves anything of the user's: session, recent files, taste.
    """
    preferences = PreferenceKeeper(remembering=remembering)
    app = QApplication.instance()
    if isinstance(app, QApplication):
        theme.apply(app, preferences.current.theme)
    store, announcements, clock = ExperimentStore(), Announcements(), FrameClock()
    link = EngineLink(client, store.experiment)
    store.changed.connect(lambda before, after: link.edit(after))
    KeptWeights(store, link)
    LostData(store, announcements)
    document = Document(store, link, announcements, remembering=remembering)
    trouble = Trouble(store, link, announcements)
    if path is None or not document.open(path):
        document.restore_session()
    desk = Desk(store, link, clock, announcements, document, preferences, Alternatives(store))
    window = MainWindow(desk)
    trouble.catch_everything()
    clock.detailChanged.connect(window.plane.set_detail)
    return Launched(desk, window, trouble)
