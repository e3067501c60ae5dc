"""Files as data: chosen in a row, or dropped on the window; what is wrong with one is said, and changes nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

from nodeviz.datasets.picture import Picture
from nodeviz.datasets.points_file import PointsFile
from nodeviz.experiment import Experiment, encode
from nodeviz.settings import edited
from nodeviz.tasks import Classify, FitTrajectories, MatchDensity
from nodeviz.ui.controls.file_row import FileRow
from nodeviz.ui.launch import Launched


def points(path: Path, classes: int) -> Path:
    rows = np.random.default_rng(0).normal(size=(40, 2))
    path.write_text(
        "".join(f"{x},{y}" + (f",{n % classes}" if classes else "") + "\n" for n, (x, y) in enumerate(rows))
    )
    return path


def drop(launched: Launched, path: Path) -> bool:
    """Let go of `path` over the middle of the phase plane, as Qt does: the first widget upwards that takes drops."""
    window = launched.window
    middle = window.plane.mapTo(window, QPoint(window.plane.width() // 2, window.plane.height() // 2))
    target: QWidget = window.childAt(middle)
    while not target.acceptDrops() and not target.isWindow():
        target = target.parentWidget()
    dragged = QMimeData()
    dragged.setUrls([QUrl.fromLocalFile(str(path))])
    copy, button, no_key = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entered = QDragEnterEvent(middle, copy, dragged, button, no_key)
    QApplication.sendEvent(target, entered)
    dropped = QDropEvent(QPointF(middle), copy, dragged, button, no_key)
    QApplication.sendEvent(target, dropped)
    return entered.isAccepted() and dropped.isAccepted()


@pytest.mark.parametrize(("classes", "task"), [(2, Classify), (0, MatchDensity)])
def test_points_that_are_dropped_are_the_data_in_a_task_that_they_suit(
    launched: Launched, tmp_path: Path, classes: int, task: type
) -> None:
    store = launched.desk.store
    assert isinstance(store.experiment.task, FitTrajectories)
    assert drop(launched, points(tmp_path / "mine.csv", classes))
    assert isinstance(store.experiment.dataset, PointsFile) and type(store.experiment.task) is task
    assert store.experiment.dataset.path == str(tmp_path / "mine.csv")
    store.undo()
    assert store.experiment == Experiment(), "one step back, and all is as it was"


def test_an_image_that_is_dropped_is_a_density(launched: Launched, tmp_path: Path) -> None:
    (tmp_path / "dot.pgm").write_bytes(b"P5 2 2 255\n" + bytes([0, 255, 255, 255]))
    assert drop(launched, tmp_path / "dot.pgm")
    experiment = launched.desk.store.experiment
    assert isinstance(experiment.dataset, Picture) and isinstance(experiment.task, MatchDensity)


def test_an_experiment_that_is_dropped_is_opened(launched: Launched, tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_bytes(encode(edited(Experiment(), "solver.rtol", 1e-3)))
    assert drop(launched, tmp_path / "mine.json")
    assert launched.desk.store.experiment.solver.rtol == 1e-3


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [("few.csv", "1,2\n", "1 point"), ("words.csv", "one\n" * 30, "1 column"), ("song.mp3", "", "no kind")],
)
def test_what_cannot_be_data_is_refused_in_words_and_changes_nothing(
    launched: Launched, tmp_path: Path, name: str, text: str, sentence: str
) -> None:
    (tmp_path / name).write_text(text)
    drop(launched, tmp_path / name)
    assert sentence in launched.desk.announcements.open["drop"].sentence
    assert launched.desk.store.experiment == Experiment()


def test_a_file_is_chosen_in_a_dialog_that_stops_nothing(launched: Launched, tmp_path: Path, qtbot) -> None:
    path = points(tmp_path / "mine.csv", 2)
    launched.desk.alternatives.choose("task", Classify)
    launched.desk.alternatives.choose("dataset", PointsFile)
    store = launched.desk.store
    (setting,) = (each for each in launched.window.left.findChildren(FileRow) if each.isVisible())
    setting.browse.click()
    assert setting.dialog is not None and setting.dialog.isVisible()
    assert "*.csv" in setting.dialog.nameFilters()[0]
    setting.dialog.fileSelected.emit(str(path))
    setting.dialog.close()
    assert store.experiment.dataset.path == str(path) and setting.text.text() == str(path)
    store.edit("dataset.path", str(tmp_path / "missing.csv"))
    assert store.experiment.dataset.path == str(path), "what cannot be read is not taken"
