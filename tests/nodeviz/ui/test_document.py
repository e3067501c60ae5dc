"""The work as files: opened, saved, exported, kept from launch to launch. What goes wrong is told in words."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog

from nodeviz import experiment as experiments
from nodeviz.datasets import PointsFile
from nodeviz.engine.messages import Checkpoint, Reset, Restore
from nodeviz.engine.packed import pack, unpack
from nodeviz.experiment import Experiment
from nodeviz.fields.mlp import MLPField
from nodeviz.library.model_file import Model, initial_model, load_model, save_model
from nodeviz.library.recent import recent_files
from nodeviz.library.session import restore_session, save_session, session_path
from nodeviz.tasks import Classify
from nodeviz.ui import document as documents
from nodeviz.ui import exporting
from nodeviz.ui.desk import Workplace
from nodeviz.ui.launch import Launched, launch
from nodeviz.ui.recent_menu import RecentMenu
from nodeviz.ui.session_lock import SessionLock
from tests.nodeviz.ui.pretended import PretendedClient


def trained(step: int = 7) -> Model:
    model = initial_model(Experiment(field=MLPField(width=11)))
    return model._replace(theta=model.theta + 1, step=step)


def checkpoint(model: Model, revision: int) -> Checkpoint:
    theta, random = pack(model.theta), pack(model.random)
    return Checkpoint(step=model.step, theta=theta, optimiser={}, random=random, revision=revision)


def test_a_model_file_opens_with_its_experiment_and_weights(
    launched: Launched, client: PretendedClient, tmp_path: Path
) -> None:
    save_model(tmp_path / "mine.nodeviz", trained())
    assert launched.desk.document.open(tmp_path / "mine.nodeviz")
    assert launched.desk.store.experiment == trained().experiment
    assert client.sent_to("trainer", Restore)[-1].checkpoint.step == 7
    assert "mine" in launched.window.windowTitle()
    assert recent_files() == (tmp_path / "mine.nodeviz",)


def test_what_is_saved_is_what_training_reached(launched: Launched, client: PretendedClient, tmp_path: Path) -> None:
    model = trained(40)
    launched.desk.store.adopt(model.experiment)
    client.events = [checkpoint(model, revision=1)]
    launched.desk.link.tick()
    assert launched.desk.document.save(tmp_path / "mine.nodeviz")
    saved = load_model(tmp_path / "mine.nodeviz")
    assert saved.step == 40 and np.array_equal(saved.theta, model.theta)


def test_the_weights_of_a_file_are_taken_also_at_step_0(
    launched: Launched, client: PretendedClient, tmp_path: Path
) -> None:
    save_model(tmp_path / "mine.nodeviz", trained(0))
    assert launched.desk.document.open(tmp_path / "mine.nodeviz")
    (restored,) = client.sent_to("trainer", Restore)
    assert np.array_equal(unpack(restored.checkpoint.theta), trained(0).theta)
    assert np.array_equal(launched.desk.document.model().theta, trained(0).theta)


def test_an_experiment_opens_at_step_0(launched: Launched, client: PretendedClient, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(experiments.encode(Experiment(field=MLPField(depth=2))))
    assert launched.desk.document.open(tmp_path / "x.json")
    assert launched.desk.store.experiment.field == MLPField(depth=2)
    assert client.sent_to("trainer", Reset) and launched.desk.document.path is None


def test_a_file_that_cannot_be_read_is_told_and_changes_nothing(launched: Launched, tmp_path: Path) -> None:
    for content in (b"", b"nonsense", b"[]", b'{"field": {"kind": "mlp", "width": -1}}'):
        for name in ("x.json", "x.nodeviz"):
            (tmp_path / name).write_bytes(content)
            assert not launched.desk.document.open(tmp_path / name)
            assert launched.desk.store.experiment == Experiment()
            assert name in launched.desk.announcements.open["open"].sentence
            launched.desk.announcements.settle("open")


def test_a_file_that_is_not_there_is_told(launched: Launched, tmp_path: Path) -> None:
    assert not launched.desk.document.open(tmp_path / "gone.nodeviz")
    assert "No such file" in launched.desk.announcements.open["open"].sentence


def test_a_place_that_cannot_be_written_is_told(launched: Launched, tmp_path: Path) -> None:
    assert not launched.desk.document.save(tmp_path / "no" / "where.nodeviz")
    assert "where.nodeviz" in launched.desk.announcements.open["save"].sentence


def test_the_session_is_saved_by_itself_and_the_status_bar_says_so(
    launched: Launched, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "SAVED_EVERY", 0.0)
    launched.desk.document._next_session = 0.0
    launched.desk.store.edit("solver.rtol", 1e-3)
    qtbot.waitUntil(lambda: launched.desk.document.session_age() is not None)
    restored = restore_session().model
    assert restored is not None and restored.experiment.solver.rtol == 1e-3
    launched.window.status.refresh()
    assert launched.window.status.saving.text().startswith("saved")


class FullDisk:
    """`save_session` while the disk is full, and once there is space again."""

    def __init__(self) -> None:
        self.full, self.tries = True, 0

    def save(self, model: Model) -> None:
        self.tries += 1
        if self.full:
            raise OSError(28, "No space left on device", "session.nodeviz")
        save_session(model)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> FullDisk:
    disk = FullDisk()
    monkeypatch.setattr(documents, "save_session", disk.save)
    monkeypatch.setattr(documents, "SAVED_EVERY", 0.0)
    return disk


def fail_to_save(launched: Launched, qtbot) -> None:
    """Edit once, and wait until the disk refused the session."""
    launched.desk.document._next_session = 0.0
    launched.desk.store.edit("solver.rtol", 1e-3)
    qtbot.waitUntil(lambda: "session" in launched.desk.announcements.open)


def test_a_session_that_could_not_be_saved_is_tried_again_though_nothing_changed(
    launched: Launched, disk: FullDisk, qtbot
) -> None:
    fail_to_save(launched, qtbot)
    disk.full = False
    qtbot.waitUntil(lambda: launched.desk.document.session_age() is not None)
    restored = restore_session().model
    assert restored is not None and restored.experiment.solver.rtol == 1e-3
    assert "session" not in launched.desk.announcements.open
    tries = disk.tries
    qtbot.wait(100)
    assert disk.tries == tries, "what is on the disk is not written again"


def test_closing_saves_the_session_that_could_not_be_saved_before(
    launched: Launched, disk: FullDisk, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_to_save(launched, qtbot)
    monkeypatch.setattr(documents, "SAVED_EVERY", 1e9)
    qtbot.wait(50)
    disk.full = False
    launched.window.close()
    restored = restore_session().model
    assert restored is not None and restored.experiment.solver.rtol == 1e-3


def test_closing_on_a_full_disk_says_so_and_ends_the_engine(
    launched: Launched, client: PretendedClient, disk: FullDisk, qtbot, capsys: pytest.CaptureFixture[str]
) -> None:
    launched.desk.store.edit("solver.rtol", 1e-3)
    launched.window.close()
    assert "session could not be saved" in capsys.readouterr().err
    assert client.stopped


def test_a_session_that_was_kept_is_where_the_next_launch_stands(qtbot, client: PretendedClient) -> None:
    save_session(trained(90))
    launched = launch(client)
    launched.window.show()
    qtbot.waitUntil(lambda: client.started)
    assert launched.desk.store.experiment == trained().experiment
    assert client.sent_to("trainer", Restore)[0].checkpoint.step == 90
    launched.window.close()
    launched.window.deleteLater()


def test_a_session_that_is_damaged_is_set_aside_and_told(qtbot, client: PretendedClient) -> None:
    session_path().write_bytes(b"damaged")
    launched = launch(client)
    assert "session" in launched.desk.announcements.open
    launched.window.show()
    qtbot.waitUntil(lambda: client.started)
    launched.window.close()
    launched.window.deleteLater()


def test_a_second_window_leaves_the_session_to_the_first_and_says_so(
    launched: Launched, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "SAVED_EVERY", 0.0)
    save_session(trained(90))
    before = session_path().read_bytes()
    second_client = PretendedClient()
    second = launch(second_client)
    assert "second window" in second.desk.announcements.open
    assert second.desk.store.experiment == Experiment()
    second.window.show()
    qtbot.waitUntil(lambda: second_client.started)
    second.desk.document._next_session = 0.0
    second.desk.store.edit("solver.rtol", 1e-3)
    qtbot.wait(100)
    second.window.close()
    second.window.deleteLater()
    assert session_path().read_bytes() == before
    assert "second window" not in launched.desk.announcements.open


def test_the_next_window_has_the_session_when_the_first_was_closed(
    launched: Launched, client: PretendedClient, qtbot
) -> None:
    launched.desk.store.edit("solver.rtol", 1e-3)
    launched.window.close()
    next_client = PretendedClient()
    following = launch(next_client)
    assert not following.desk.announcements.open
    assert following.desk.store.experiment.solver.rtol == 1e-3
    following.window.show()
    qtbot.waitUntil(lambda: next_client.started)
    following.window.close()
    following.window.deleteLater()


@pytest.mark.skipif(os.name != "posix", reason="kills a process the POSIX way")
def test_a_window_that_was_killed_keeps_the_session_from_nobody(qtbot, home: Path) -> None:
    script = "import os; from nodeviz.ui.session_lock import SessionLock; lock = SessionLock(); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", script], check=False, timeout=60)
    assert (home / "session.lock").exists()
    lock = SessionLock()
    assert not lock.taken_by_another
    lock.release()


def test_every_export_writes_a_file(launched: Launched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place, command in enumerate(exporting.COMMANDS[1:]):
        folder = tmp_path / str(place)
        folder.mkdir()
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, at=folder: (str(at / "out"), ""))
        command.run(Workplace(launched.desk, launched.window))
        (written,) = folder.iterdir()
        assert written.stat().st_size > 0, command.name
        assert "export" not in launched.desk.announcements.open, command.name


def test_an_export_that_is_cancelled_writes_nothing(
    launched: Launched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    before = sorted(tmp_path.rglob("*"))
    exporting.COMMANDS[1].run(Workplace(launched.desk, launched.window))
    assert sorted(tmp_path.rglob("*")) == before


def test_an_export_that_cannot_be_written_is_told(
    launched: Launched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "no" / "out"), ""))
    commands = [command for command in exporting.COMMANDS[1:] if command.name not in ("png 2", "png 4")]
    for command in commands:  # the larger pictures differ in their size alone
        command.run(Workplace(launched.desk, launched.window))
        assert "export" in launched.desk.announcements.open, command.name
        launched.desk.announcements.settle("export")


def test_recent_files_can_be_opened_again(launched: Launched, tmp_path: Path) -> None:
    menu = launched.window.findChild(RecentMenu)
    menu.fill()
    assert [action.isEnabled() for action in menu.actions()] == [False]
    save_model(tmp_path / "mine.nodeviz", trained())
    launched.desk.document.open(tmp_path / "mine.nodeviz")
    launched.desk.document.begin(Experiment())
    menu.fill()
    menu.actions()[0].trigger()
    assert launched.desk.store.experiment == trained().experiment


def test_a_model_whose_data_are_lost_opens_with_its_weights_and_says_how_to_name_others(
    launched: Launched, client: PretendedClient, tmp_path: Path
) -> None:
    rows = "".join(f"{n},{n * n % 7},{n % 2}\n" for n in range(30))
    for name in ("mine.csv", "other.csv"):
        (tmp_path / name).write_text(rows)
    dataset = PointsFile(path=str(tmp_path / "mine.csv"))
    model = initial_model(Experiment(task=Classify(), dataset=dataset))._replace(step=7)
    (tmp_path / "elsewhere").mkdir()
    save_model(tmp_path / "elsewhere" / "mine.nodeviz", model)
    (tmp_path / "mine.csv").unlink()
    desk = launched.desk
    assert desk.document.open(tmp_path / "elsewhere" / "mine.nodeviz")
    notice = desk.announcements.open["lost data"]
    assert "mine.csv cannot be read" in notice.sentence and "weights are kept" in notice.remedy
    assert client.sent_to("trainer", Restore)[-1].checkpoint.step == 7
    np.testing.assert_array_equal(desk.document.model().theta, model.theta)
    desk.store.edit("dataset.path", str(tmp_path / "other.csv"))
    assert "lost data" not in desk.announcements.open
    np.testing.assert_array_equal(desk.document.model().theta, model.theta)
    assert desk.document.model().step == 7
