"""`nodeviz export` and `nodeviz methods`, and the help."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from nodeviz.assets_path import ready_made
from nodeviz.cli.run import COMMANDS, run
from nodeviz.datasets import PointsFile
from nodeviz.experiment import Experiment
from nodeviz.export import FORMATS
from nodeviz.library.model_file import initial_model, load_model, save_model
from nodeviz.tasks import Classify
from solver.methods import METHODS


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.nodeviz"
    save_model(path, initial_model(Experiment()))
    return path


def test_every_format_has_an_option(model: Path, tmp_path: Path) -> None:
    files = {format.name: tmp_path / f"out{format.suffix}" for format in FORMATS}
    flags = [word for name, path in files.items() for word in (f"--{name}", str(path))]
    assert run(["export", str(model), *flags]) == 0
    assert all(path.stat().st_size for path in files.values())
    np.testing.assert_array_equal(load_model(files["model"]).theta, load_model(model).theta)


def test_trajectories_start_at_the_datasets_starts_and_at_those_asked_for(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    assert run(["export", str(model), "--csv", str(path), "--start=-1,0.5", "--start", "1,1"]) == 0
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    starts = {row["trajectory"]: (float(row["x"]), float(row["y"])) for row in rows if float(row["t"]) == 0}
    assert starts == {"learnt 1": (2.0, 0.0), "start 1": (-1.0, 0.5), "start 2": (1.0, 1.0)}


def test_trajectories_go_on_to_the_datasets_last_time(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "out.npz"
    assert run(["export", str(model), "--npz", str(path), "--start=1,1"]) == 0
    arrays, ts = np.load(path), Experiment().dataset.sample(0).ts
    for name in ("learnt_1", "start_1"):
        np.testing.assert_array_equal(arrays[f"{name}_t"], ts)
        assert len(arrays[f"{name}_y"]) == len(ts)


@pytest.mark.parametrize("name", ready_made())
def test_every_ready_made_experiment_can_be_exported(name: str, tmp_path: Path) -> None:
    path = tmp_path / "out.npz"
    assert run(["export", str(ready_made()[name]), "--npz", str(path)]) == 0
    assert np.isfinite(np.load(path)["learnt_1_y"]).all()


def test_methods_lists_every_method_with_its_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["methods"]) == 0
    told = capsys.readouterr().out
    for method in METHODS:
        assert method.name in told
        assert method.sentence in told


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_has_help(command: object, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run([command.name, "--help"])  # type: ignore[attr-defined]
    assert ended.value.code == 0
    assert run(["--help"]) == 0
    assert command.help in capsys.readouterr().out  # type: ignore[attr-defined]


def test_what_is_text_can_be_printed_and_nothing_else_is(model: Path, tmp_path: Path, capfd, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["export", str(model), "--csv", "-", "--npz", "t.npz"]) == 0
    told = capfd.readouterr()
    assert told.out.startswith("trajectory,t,x,y\n") and "t.npz" not in told.out
    assert "Trajectories (NPZ): t.npz" in told.err
    assert not Path("-").exists() and Path("t.npz").exists()
    assert run(["export", str(model), "--npz", "-"]) == 2
    assert "--npz is no text to be printed" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--csv", "model.nodeviz"], "--csv would write over model.nodeviz, which it is made from"),
        (["--model", "./model.nodeviz"], "--model would write over model.nodeviz"),
        (["--csv", "other", "--npz", "link"], "--npz and another option name the same file link"),
        (["--csv", "new", "--npz", "./new"], "--npz and another option name the same file new"),
        (["--csv", "points.csv"], "--csv would write over points.csv, which it is made from"),
    ],
)
def test_nothing_is_written_over_what_is_read_or_written_too(
    arguments: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("points.csv").write_text("".join(f"{n},{n},{n % 2}\n" for n in range(30)))
    Path("other").write_text("other")
    Path("link").symlink_to("other")
    experiment = Experiment(task=Classify(), dataset=PointsFile(path="points.csv"))
    save_model(Path("model.nodeviz"), initial_model(experiment))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert run(["export", "model.nodeviz", *arguments]) == 2
    assert sentence in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
