"""What every test of the window needs: a home of its own, an engine that is only pretended, and nothing left behind."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from multiprocessing import active_children
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QTimer

from nodeviz.ui.application import make_application
from tests.nodeviz.ui.pretended import PretendedClient

if TYPE_CHECKING:
    from nodeviz.ui.launch import Launched


@pytest.fixture(scope="session")
def qapp():
    return make_application(["nodeviz"])


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Preferences, sessions and recent files of a test are its own."""
    folder = tmp_path / "home"
    monkeypatch.setenv("NODEVIZ_HOME", str(folder))
    return folder


@pytest.fixture
def client() -> PretendedClient:
    return PretendedClient()


@pytest.fixture
def launched(qtbot, client: PretendedClient) -> Iterator[Launched]:
    """The whole window over a pretended engine, shown and started."""
    from nodeviz.ui.launch import launch  # here, so that tests of a part do not need the whole

    launched = launch(client)
    launched.window.resize(1280, 800)
    launched.window.show()
    qtbot.waitUntil(lambda: client.started)
    yield launched
    launched.window.close()
    launched.window.deleteLater()
    launched.deleteLater()
    _delete_now()


@pytest.fixture(autouse=True)
def nothing_left_behind(qapp) -> Iterator[None]:
    """A test fails when a thread, a child or a running timer outlives it."""
    threads = set(threading.enumerate())
    timers = _running_timers(qapp)
    yield
    _delete_now()
    left = [thread.name for thread in set(threading.enumerate()) - threads if not thread.name.startswith("pytest")]
    assert not left, f"threads outlived the test: {left}"
    assert not active_children(), f"children outlived the test: {active_children()}"
    assert _running_timers(qapp) <= timers, "timers outlived the test"


def _delete_now() -> None:
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QCoreApplication.processEvents()


def _running_timers(app: QCoreApplication) -> int:
    widgets = [app, *getattr(app, "topLevelWidgets", list)()]
    return sum(timer.isActive() for widget in widgets for timer in widget.findChildren(QTimer))
