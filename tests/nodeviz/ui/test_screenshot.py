"""The picture that the window takes of itself, and what it leaves behind: nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QImage

from nodeviz.engine.messages import ActivityChanged, Configured, Failed, Ready, Train, WorkerLost
from nodeviz.experiment import Experiment
from nodeviz.library.model_file import initial_model
from nodeviz.library.session import save_session, session_path
from nodeviz.ui import theme
from nodeviz.ui.launch import Launched, launch
from nodeviz.ui.screenshot import Photographer, Screenshot
from tests.nodeviz.ui.pretended import PretendedClient


@pytest.fixture
def transient(client: PretendedClient, qtbot):
    """A window that remembers nothing, in the home of someone who left a session."""
    save_session(initial_model(Experiment(name="mine")))
    launched = launch(client, remembering=False)
    yield launched
    launched.window.close()
    launched.window.deleteLater()
    launched.deleteLater()


def show(launched: Launched, client: PretendedClient, qtbot) -> None:
    launched.window.show()
    qtbot.waitUntil(lambda: client.started)
    client.events.append(Ready(role="trainer", pid=1, device="cpu", torch="2"))


def test_the_picture_is_taken_so_long_after_training_began(
    transient: Launched, client: PretendedClient, qtbot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "window.png"
    photographer = Photographer(Screenshot(path, 0.2, (1000, 700)), transient.desk, transient.window)
    show(transient, client, qtbot)
    qtbot.wait(400)
    assert client.sent_to("trainer", Train) and not path.exists(), "training has not begun"
    device: dict[str, Any] = {"role": "trainer", "kept": False, "device": "cpu", "parameters": 1}
    client.events += [Configured(step=12, **device), ActivityChanged(activity="training", step=12)]
    qtbot.waitUntil(lambda: transient.window.toolbar.step_shown == 12)
    transient.desk.link.step = 15  # the engine is ahead of what is drawn
    qtbot.waitUntil(path.exists)
    assert capsys.readouterr().out == f"{path} shows step 12.\n"
    image = QImage(str(path))
    assert (image.width(), image.height()) == (1000, 700) and photographer.status == 0
    qtbot.waitUntil(lambda: client.stopped)


def test_it_neither_restores_nor_touches_what_its_user_left(
    transient: Launched, client: PretendedClient, qtbot, home: Path
) -> None:
    before = session_path().read_bytes()
    assert transient.desk.store.experiment.name != "mine"
    show(transient, client, qtbot)
    transient.desk.store.edit("solver.rtol", 1e-3)
    theme_before = theme.chosen()
    transient.window.actions_by_name["theme"].trigger()
    transient.window.close()
    theme.apply(_app(), theme_before)
    assert session_path().read_bytes() == before
    assert [file.name for file in home.iterdir()] == [session_path().name]


def test_an_engine_that_is_lost_is_told_by_the_exit_status(
    transient: Launched, client: PretendedClient, qtbot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "window.png"
    photographer = Photographer(Screenshot(path), transient.desk, transient.window)
    show(transient, client, qtbot)
    client.events.append(WorkerLost(role="trainer", exitcode=1))
    qtbot.waitUntil(path.exists)
    assert photographer.status == 1 and "trainer ended" in capsys.readouterr().err


def test_training_that_fails_is_told_by_the_exit_status(
    transient: Launched, client: PretendedClient, qtbot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "window.png"
    photographer = Photographer(Screenshot(path), transient.desk, transient.window)
    show(transient, client, qtbot)
    client.events.append(Failed(role="trainer", message="The points cannot be read.", remedy="", detail=""))
    qtbot.waitUntil(path.exists)
    assert photographer.status == 1 and "The points cannot be read." in capsys.readouterr().err


def _app():
    from PySide6.QtWidgets import QApplication

    return QApplication.instance()
