"""`nodeviz train`: figures, files, the same weights again, and Ctrl+C."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from nodeviz.cli.progress_bar import ProgressBar
from nodeviz.cli.run import run
from nodeviz.library.model_file import load_model, save_model
from nodeviz.settings import edited
from nodeviz.tasks.learnt import place

QUICK = ["--task-points", "3", "--batch", "4", "--dataset-points", "100", "--dataset-duration", "2"]


def trained(out: Path, *arguments: str) -> Path:
    assert run(["train", "spiral", *QUICK, "--out", str(out), *arguments]) == 0
    return out


def test_it_says_the_final_figures_in_words(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = trained(tmp_path / "run", "--steps", "3")
    told = capsys.readouterr()
    assert "3 training steps" in told.out
    assert "mean absolute error over the full trajectory" in told.out
    assert str(out / "model.nodeviz") in told.out
    assert not told.err


def test_json_is_one_object_a_line_and_ends_with_the_figures(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = trained(tmp_path / "run", "--steps", "5", "--json")
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["step"] for row in rows[:-1]] == [1, 2, 3, 4, 5]
    last = rows[-1]
    assert {"loss", "nfe_forward", "nfe_backward", "seconds"} <= last.keys()
    assert last["loss"] == rows[-2]["loss"]
    assert last["nfe_forward_total"] == sum(row["nfe_forward"] for row in rows[:-1])
    assert last["nfe_forward"] > 0
    assert last["nfe_backward"] > 0
    model = load_model(out / "model.nodeviz")
    with_torch = model.experiment.task.begin(model.experiment)
    merit = with_torch.evaluate(place(model.experiment.field, model.theta).learnt, model.experiment.solver)
    assert last["merit"] == pytest.approx(merit, rel=1e-6)
    assert last["merit_label"] == model.experiment.task.evaluation_label


def test_the_folder_holds_the_run(tmp_path: Path) -> None:
    out = trained(tmp_path / "run", "--steps", "4", "--method", "tsit5", "--rtol", "1e-4", "--noise", "0.1")
    assert {path.name for path in out.iterdir()} == {"model.nodeviz", "experiment.json", "history.csv", "history.npz"}
    experiment = load_model(out / "model.nodeviz").experiment
    assert (experiment.solver.method, experiment.solver.rtol, experiment.dataset.noise) == ("tsit5", 1e-4, 0.1)
    assert len(np.load(out / "history.npz")["loss"]) == 4


def test_the_same_seed_gives_the_same_file_and_another_seed_another(tmp_path: Path) -> None:
    files = [
        (trained(tmp_path / name, "--steps", "5", "--seed", seed) / "model.nodeviz").read_bytes()
        for name, seed in (("a", "1"), ("b", "1"), ("c", "2"))
    ]
    assert files[0] == files[1]
    assert files[0] != files[2]


def test_going_on_from_a_model_is_as_if_it_had_never_stopped(tmp_path: Path) -> None:
    whole = trained(tmp_path / "whole", "--steps", "6") / "model.nodeviz"
    half = trained(tmp_path / "half", "--steps", "3") / "model.nodeviz"
    rest = tmp_path / "rest"
    assert run(["train", "--experiment", str(half), "--steps", "3", "--out", str(rest)]) == 0
    assert (rest / "model.nodeviz").read_bytes() == whole.read_bytes()


def test_weights_at_step_0_are_a_beginning_too(tmp_path: Path) -> None:
    model = load_model(trained(tmp_path / "first", "--steps", "1") / "model.nodeviz")
    other = model._replace(step=0, theta=model.theta + np.float32(0.5), optimiser={}, random=np.zeros(0, np.uint8))
    save_model(tmp_path / "other.nodeviz", other)
    out = tmp_path / "run"
    assert run(["train", "--experiment", str(tmp_path / "other.nodeviz"), "--steps", "1", "--out", str(out)]) == 0
    np.testing.assert_allclose(load_model(out / "model.nodeviz").theta, other.theta, atol=0.1)


@pytest.mark.parametrize(
    ("option", "reason"),
    [(("--seed", "5"), "seed 5 instead of 0"), (("--width", "20"), "size"), (("--field", "formula"), "another field")],
)
def test_options_that_would_lose_learnt_weights_are_refused_with_a_way_out(
    option: tuple[str, str], reason: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    model = trained(tmp_path / "run", "--steps", "2") / "model.nodeviz"
    capsys.readouterr()
    assert run(["train", "--experiment", str(model), *option, "--steps", "1"]) == 2
    told = capsys.readouterr()
    assert not told.out
    assert "weights of step 2" in told.err
    assert reason in told.err
    assert "--experiment FILE.json" in told.err
    experiment = str(model.with_name("experiment.json"))
    assert run(["train", "--experiment", experiment, *option, "--steps", "1"]) == 0


def test_a_model_of_a_device_that_is_not_here_goes_on_on_the_one_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    model = load_model(trained(tmp_path / "run", "--steps", "2") / "model.nodeviz")
    elsewhere = tmp_path / "elsewhere.nodeviz"
    save_model(elsewhere, model._replace(experiment=edited(model.experiment, "training.device", "cuda")))
    assert run(["train", "--experiment", str(elsewhere), "--steps", "1"]) == 2
    out = tmp_path / "again"
    arguments = ["--experiment", str(elsewhere), "--steps", "1", "--device", "cpu", "--out", str(out)]
    assert run(["train", *arguments]) == 0
    assert load_model(out / "model.nodeviz").step == 3


def test_a_model_whose_optimiser_is_damaged_is_told_in_a_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    model = load_model(trained(tmp_path / "run", "--steps", "2") / "model.nodeviz")
    damaged = tmp_path / "damaged.nodeviz"
    save_model(damaged, model._replace(optimiser=model.optimiser | {"adam.count": np.zeros(3, np.int64)}))
    capsys.readouterr()
    assert run(["train", "--experiment", str(damaged), "--steps", "1"]) == 2
    assert "adam.count" in capsys.readouterr().err


def test_an_experiment_file_is_a_beginning(tmp_path: Path) -> None:
    first = trained(tmp_path / "first", "--steps", "2")
    again = tmp_path / "again"
    assert run(["train", "--experiment", str(first / "experiment.json"), "--steps", "2", "--out", str(again)]) == 0
    assert (again / "model.nodeviz").read_bytes() == (first / "model.nodeviz").read_bytes()


def test_overwrite_replaces_the_run(tmp_path: Path) -> None:
    trained(tmp_path / "run", "--steps", "1")
    trained(tmp_path / "run", "--steps", "2", "--overwrite")
    assert load_model(tmp_path / "run" / "model.nodeviz").step == 2


def test_solves_that_keep_failing_end_it_with_status_1_and_what_is_there_is_kept(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    arguments = ["train", *QUICK, "--task-points", "90", "--rtol", "1e-12", "--atol", "1e-12", "--max-steps", "10"]
    assert run([*arguments, "--steps", "50", "--out", str(tmp_path / "run")]) == 1
    assert "Training stopped" in capsys.readouterr().err
    assert load_model(tmp_path / "run" / "model.nodeviz").step == 5
    assert run([*arguments, "--steps", "50", "--json"]) == 1
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["trouble"] == "max_steps"
    assert last["loss"] is None


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c_saves_what_is_there_and_ends_with_130(tmp_path: Path) -> None:
    out = tmp_path / "run"
    arguments = ["train", "spiral", *QUICK, "--steps", "1000000", "--json", "--out", str(out)]
    process = subprocess.Popen(
        [sys.executable, "-m", "nodeviz", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=30)
    assert process.returncode == 130, errors
    last = json.loads(output.splitlines()[-1])
    assert last["interrupted"]
    assert load_model(out / "model.nodeviz").step == last["steps"] > 0
    assert "Traceback" not in errors


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_spiral_is_learnt(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", "spiral", "--steps", "2000", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["merit"] < 0.25


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_a_bar_and_nobody_else_does() -> None:
    terminal, file = Terminal(), io.StringIO()
    for stream in (terminal, file):
        bar = ProgressBar(4, stream)
        bar.show(4, 0.125, 62)
        bar.clear()
    assert "━" * 24 + " 4/4  loss 0.125  NFE 62" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")
    assert not file.getvalue()


def test_a_terminal_without_such_letters_sees_plain_ones() -> None:
    terminal = Terminal()
    terminal.encoding = "ascii"  # type: ignore[misc]
    ProgressBar(2, terminal).show(2, float("nan"), 62)
    assert "#" * 24 in terminal.getvalue()
    assert terminal.getvalue().isascii()


HEUN = '{"a": [[], [1]], "b": ["1/2", "1/2"]}'


def test_it_trains_with_a_tableau_of_the_users_own(tmp_path: Path) -> None:
    path = tmp_path / "heun.json"
    path.write_text(HEUN, encoding="utf-8")
    own = trained(tmp_path / "own", "--steps", "3", "--tableau", str(path))
    listed = trained(tmp_path / "listed", "--steps", "3", "--method", "heun")
    ours, theirs = (load_model(out / "model.nodeviz") for out in (own, listed))
    assert ours.experiment.solver.method == "own" and ours.experiment.solver.steps_are_fixed
    np.testing.assert_allclose(ours.theta, theirs.theta, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("text", "arguments", "sentence"),
    [
        ('{"a": [[]], "b": [0.9]}', (), "The weights b must sum to 1; they sum to 0.9"),
        ("spiral", (), "holds no tableau"),
        (HEUN, ("--method", "rk4"), "--tableau brings a method, and --method rk4 is another"),
    ],
)
def test_a_tableau_that_cannot_be_used_is_told(
    text: str, arguments: tuple[str, ...], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "own.json"
    path.write_text(text, encoding="utf-8")
    assert run(["train", "spiral", "--steps", "1", "--tableau", str(path), *arguments]) == 2
    assert sentence in capsys.readouterr().err


def test_own_without_a_tableau_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", "spiral", "--steps", "1", "--method", "own"]) == 2
    assert "--tableau FILE.json" in capsys.readouterr().err


def points(path: Path, scale: float) -> Path:
    rows = scale * np.random.default_rng(0).standard_normal((40, 2))
    path.write_text("".join(f"{x!r},{y!r},{n % 2}\n" for n, (x, y) in enumerate(rows.tolist())))
    return path


DENSITY = ["train", "eight-gaussians", "--dataset", "file", "--batch", "8", "--steps", "2", "--width", "4"]


def test_a_density_of_scaled_points_is_told_in_their_own_units_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(points(tmp_path / "mine.csv", 1e6))
    assert run([*DENSITY, "--path", path]) == 0
    told = capsys.readouterr().out
    assert "mine.csv: 2 training steps" in told
    scaled, own = (float(line.split()[0]) for line in told.splitlines()[2:4])
    assert "the same in the units of the data, in nats" in told
    assert run([*DENSITY, "--path", path, "--json"]) == 0
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert own - scaled == pytest.approx(2 * np.log(last["scale"]), abs=0.02)
    assert last["merit_in_data_units"] - last["merit"] == pytest.approx(2 * np.log(last["scale"]))
    assert last["scale"] == pytest.approx(1e6, rel=0.3)
    assert run([*DENSITY, "--path", path, "--no-scaled", "--noise", "0"]) == 0
    assert "units of the data" not in capsys.readouterr().out


def test_a_figure_that_is_not_known_is_told_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    run(["train", "moons", "--field", "formula", "--dx", "x**3*1e6", "--dy", "y", "--steps", "1"])
    told = capsys.readouterr().out
    assert "last step: The step size shrank to nothing" in told
    assert "held-out points: its solve did not get to its end" in told


def test_a_model_whose_data_are_lost_is_told_and_goes_on_with_the_path_that_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = points(tmp_path / "mine.csv", 1.0), tmp_path / "run"
    assert run(["train", "moons", "--dataset", "file", "--path", str(path), "--steps", "2", "--out", str(out)]) == 0
    moved = path.rename(tmp_path / "moved.csv")
    model = str(out / "model.nodeviz")
    capsys.readouterr()
    for command in (["train"], ["study", "depth"], ["bench"]):
        assert run([*command, model]) == 2
        told = capsys.readouterr()
        assert "mine.csv cannot be read" in told.err and "--path" in told.err and told.err.count("\n") == 1
    assert run(["export", model, "--script", str(tmp_path / "field.py")]) == 0
    assert run(["train", model, "--path", str(moved), "--steps", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["steps"] == 3
