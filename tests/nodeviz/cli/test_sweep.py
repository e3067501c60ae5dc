"""`nodeviz sweep`: a row for every combination, of any setting that is declared, and what is known when interrupted."""

from __future__ import annotations

import csv
import json
import os
import signal
from pathlib import Path

import pytest

from nodeviz.cli.axes import Axis, axes_in
from nodeviz.cli.command import Parser
from nodeviz.cli.run import run
from nodeviz.cli.setting_options import SECTIONS, add_setting_options, setting_options
from nodeviz.engine.trainer import Trainer
from nodeviz.library.model_file import load_model
from nodeviz.settings import edited

QUICK = ["--task-points", "3", "--batch", "4", "--dataset-points", "100", "--dataset-duration", "2", "--width", "4"]


def axes(*texts: str) -> tuple[Axis, ...]:
    parser = Parser(prog="nodeviz sweep", allow_abbrev=False)
    add_setting_options(parser)
    return axes_in(texts, parser.parse_all([]))


def rows(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> list[dict[str, object]]:
    assert run(["sweep", "spiral", *QUICK, "--json", *arguments]) == status
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_every_combination_has_a_row_with_what_training_alone_comes_to(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    found = rows(capsys, "--over", "rtol=1e-2,1e-4", "--over", "method=tsit5,rk4", "--steps", "3")
    asked = [(row["rtol"], row["method"]) for row in found]
    assert asked == [(1e-2, "tsit5"), (1e-2, "rk4"), (1e-4, "tsit5"), (1e-4, "rk4")]
    assert run(["train", "spiral", *QUICK, "--steps", "3", "--rtol", "1e-4", "--method", "tsit5", "--json"]) == 0
    alone = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (found[2]["merit"], found[2]["loss"]) == (alone["merit"], alone["loss"])
    assert found[2]["nfe_forward"] == pytest.approx(alone["nfe_forward_total"] / 3)


def test_it_is_told_as_a_table_with_the_best_row(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "sweep.csv"
    arguments = ["--over", "learning_rate=1e-3,1e-2", "--seeds", "2", "--steps", "2", "--csv", str(path)]
    assert run(["sweep", "spiral", *QUICK, *arguments]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:4] == ["learning-rate", "seed", "merit", "loss"]
    assert [line.split()[:2] for line in lines[2:6]] == [["0.001", "0"], ["0.001", "1"], ["0.01", "0"], ["0.01", "1"]]
    with path.open(encoding="utf-8", newline="") as file:
        merits = {(row["learning-rate"], row["seed"]): float(row["merit"]) for row in csv.DictReader(file)}
    best = min(merits, key=lambda row: merits[row])
    assert f"at learning-rate {best[0]}, seed {best[1]}." in lines[-2]
    assert "merit: mean absolute error over the full trajectory" in lines[-1]


def test_a_model_is_solved_with_the_weights_it_has(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["train", "spiral", *QUICK, "--steps", "5", "--out", str(tmp_path / "run"), "--json"]) == 0
    path = tmp_path / "run" / "model.nodeviz"
    capsys.readouterr()
    assert run(["sweep", str(path), "--over", "rtol=1e-1,1e-6", "--atol", "1e-7", "--json"]) == 0
    coarse, fine = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    model = load_model(path)
    trainer = Trainer(edited(edited(model.experiment, "solver.rtol", 1e-6), "solver.atol", 1e-7))
    trainer.restore(trainer.state()._replace(theta=model.theta, optimiser={}))
    assert fine["merit"] == pytest.approx(trainer.evaluate(), rel=1e-6)
    assert fine["merit"] != coarse["merit"]
    assert run(["sweep", str(path), "--over", "width=5,6"]) == 2
    assert "would be lost" in capsys.readouterr().err


def test_any_declared_setting_may_be_gone_over() -> None:
    for option in setting_options():
        setting = option.setting
        if setting.kind != "text":
            value = {"bool": "yes", "choice": setting.choices[0].value if setting.choices else ""}.get(
                setting.kind, str(setting.low if setting.low is not None else 1)
            )
            (axis,) = axes(f"{option.flag}={value}")
            assert axis.destination == option.destination and len(axis.values) == 1
    for section in SECTIONS[2:]:
        (axis,) = axes(f"{section.name}={section.kinds[0].__struct_config__.tag}")
        assert axis.destination == f"{section.name}."


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Say what to go over"),
        (["--over", "rtl=1"], "There is no setting 'rtl' to go over (did you mean rtol?). There are field, task"),
        (["--over", "rtol"], "like rtol=1e-2,1e-3; got 'rtol'"),
        (["--over", "rtol=1e-2,"], "like rtol=1e-2,1e-3"),
        (["--over", "rtol=7"], "rtol must be at most 0.1; got 7"),
        (["--over", "method=dopri6"], "did you mean dopri5?"),
        (["--over", "field=mpl"], "There is no field 'mpl' (did you mean mlp?)"),
        (["--over", "rtol=1e-2", "--over", "rtol=1e-3"], "--over rtol is there twice"),
        (["--over", "rtol=1e-2", "--rtol", "1e-3"], "--rtol sets what --over rtol goes over"),
        (["--over", "seed=1,2", "--seeds", "2"], "--over seed and --seeds say the same"),
        (["--over", "turns=1,2"], "add --dataset two-spirals"),
        (["--seeds", "2", "--csv", "no/such.csv"], "--csv needs a file in a folder that is there; got no/such.csv"),
        (["--seeds", "2", "--csv", "-", "--json"], "would both be printed"),
        (["mine.json", "--seeds", "2", "--csv", "mine.json"], "--csv would write over mine.json"),
    ],
)
def test_what_cannot_be_swept_is_told_in_a_sentence(
    arguments: list[str],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.json").write_text("{}")
    assert run(["sweep", *arguments]) == 2
    told = capsys.readouterr()
    assert sentence in told.err and told.err.count("\n") == 1 and not told.out


def test_ctrl_c_keeps_the_rows_that_are_finished(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = 0

    def step(trainer: Trainer, original=Trainer.step):
        nonlocal steps
        steps += 1
        if steps == 8:  # the first is to warm up, three are of the first row, three of the second
            os.kill(os.getpid(), signal.SIGINT)
        return original(trainer)

    monkeypatch.setattr(Trainer, "step", step)
    found = rows(capsys, "--over", "rtol=1e-1,1e-2,1e-3", "--steps", "3", status=130)
    assert [row["rtol"] for row in found] == [1e-1, 1e-2]


def test_one_that_fails_is_a_row_too(capsys: pytest.CaptureFixture[str]) -> None:
    formula = ["--field", "formula", "--dx", "x**3*1e6", "--dy", "y"]
    arguments = ["--over", "max-steps=10,20", "--steps", "1"]
    assert run(["sweep", "spiral", *QUICK[:-2], *formula, *arguments]) == 0
    told = capsys.readouterr().out
    assert [line.split()[:3] for line in told.splitlines()[2:4]] == [["10", "–", "–"], ["20", "–", "–"]]
    assert "no figure of merit is known" in told
