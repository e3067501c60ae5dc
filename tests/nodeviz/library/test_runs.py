"""A run's directory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nodeviz import experiment as experiments
from nodeviz.experiment import Experiment
from nodeviz.library import atomic
from nodeviz.library.model_file import initial_model, load_model
from nodeviz.library.runs import History, RunDirectory


def history(steps: int) -> History:
    return History(*(np.arange(steps) + 0.1 * column for column in range(len(History._fields))))


def test_it_holds_the_model_the_experiment_and_every_step(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path / "new" / "run")
    directory.claim()
    model = initial_model(Experiment())._replace(step=12)
    directory.save(model, history(5))
    assert load_model(directory.model).step == 12
    assert experiments.decode(directory.experiment.read_bytes()) == model.experiment
    assert np.load(directory.history_npz)["step"].tolist() == [8, 9, 10, 11, 12]
    table = np.genfromtxt(directory.history_csv, delimiter=",", names=True)
    np.testing.assert_array_equal(table["loss"], np.arange(5))


def test_it_is_not_claimed_where_something_is_unless_told(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(ValueError, match="not empty.*--overwrite"):
        RunDirectory(tmp_path).claim()
    RunDirectory(tmp_path).claim(overwrite=True)
    assert (tmp_path / "thesis.txt").exists()


def test_a_file_is_no_place_for_it(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="is a file"):
        RunDirectory(tmp_path / "file").claim(overwrite=True)


def test_a_disk_that_fills_leaves_the_run_that_was_there_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = RunDirectory(tmp_path / "run")
    directory.claim()
    directory.save(initial_model(Experiment()), history(5))
    before = {path.name: path.read_bytes() for path in directory.folder.iterdir()}

    def fill(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", fill)
    with pytest.raises(OSError, match="No space left on device; all files are as they were"):
        directory.save(initial_model(Experiment())._replace(step=9), history(9))
    assert {path.name: path.read_bytes() for path in directory.folder.iterdir()} == before
