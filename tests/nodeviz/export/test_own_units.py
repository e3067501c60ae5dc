"""Exports of data that were scaled to fit are in the data's own units, also where the data themselves are lost."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from msgspec.structs import replace

from nodeviz.cli.solving import solved_trajectories
from nodeviz.datasets import PointsFile
from nodeviz.experiment import Experiment, SolverSettings
from nodeviz.export import FORMATS, Exported, Trajectory
from nodeviz.export.script import script_source
from nodeviz.fields import FormulaField, MLPField
from nodeviz.library.model_file import Model, decode_model, encode_model, initial_model
from nodeviz.tasks import Classify, MatchDensity

CENTRE, SCALE = np.array([1e9, -2e9]), 1e6
TIGHT = SolverSettings(rtol=1e-6, atol=1e-6)
ENCODE = {format.name: format.encode for format in FORMATS}


def far_points(folder: Path) -> PointsFile:
    ys = CENTRE + SCALE * np.random.default_rng(0).standard_normal((60, 2))
    path = folder / "far.csv"
    path.write_text("".join(f"{x!r},{y!r},{n % 2}\n" for n, (x, y) in enumerate(ys.tolist())))
    return PointsFile(path=str(path))


def model_of(task: Classify | MatchDensity, dataset: PointsFile) -> Model:
    field = MLPField(width=8, cubed=False)
    return initial_model(Experiment(task=task, dataset=dataset, field=field, solver=TIGHT))


def imported(model: Model) -> ModuleType:
    """The script of `model` as a module."""
    script = ModuleType("exported")
    exec(script_source(model), script.__dict__)
    return script


def inner(model: Model) -> Model:
    """The same weights for data that were not scaled: what the script says in the plane."""
    dataset = PointsFile(path=model.experiment.dataset.path, scaled=False)  # type: ignore[union-attr]
    return Model(replace(model.experiment, dataset=dataset), model.theta)


def test_the_density_of_a_script_is_that_of_the_datas_own_units(tmp_path: Path) -> None:
    dataset = far_points(tmp_path)
    model = model_of(MatchDensity(), dataset)
    script, plane = imported(model), imported(inner(model))
    ys = torch.tensor(dataset.table.points.ys[:9])
    there = torch.tensor(dataset.placement.in_plane(ys.numpy()))
    expected = plane.log_prob(there) - math.log(dataset.placement.scale**2)
    np.testing.assert_allclose(script.log_prob(ys), expected, rtol=1e-6)
    torch.manual_seed(0)
    drawn = script.sample(300).numpy()
    assert np.abs(drawn.mean(0) - CENTRE).max() < SCALE < 3 * drawn.std(0).min()


def test_the_classes_of_a_script_are_those_of_the_datas_own_units(tmp_path: Path) -> None:
    dataset = far_points(tmp_path)
    model = model_of(Classify(), dataset)
    ys = dataset.table.points.ys[:9].copy()
    in_plane = torch.tensor(dataset.placement.in_plane(ys))
    np.testing.assert_allclose(imported(model).classify(ys), imported(inner(model)).classify(in_plane), atol=1e-6)


def test_a_script_prints_its_trajectory_in_the_datas_own_units(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = model_of(Classify(), far_points(tmp_path))
    monkeypatch.setattr("sys.argv", ["script.py"])
    imported(model).main()
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    solved = Exported(model, solved_trajectories(model, ())).trajectories_of_data()[0]
    np.testing.assert_allclose([float(row["x"]) for row in rows], solved.ys[:, 0], atol=1e-4 * SCALE)
    first = model.experiment.task.starts(model.experiment.dataset, 0)[0]
    start = model.experiment.dataset.placement.in_data(first)
    assert abs(float(rows[0]["y"]) - start[1]) < 1e-3, "a start keeps its digits beside a large centre"


def test_tables_are_in_the_datas_own_units_and_arrays_say_how_they_were_scaled(tmp_path: Path) -> None:
    model = model_of(MatchDensity(), far_points(tmp_path))
    placement = model.experiment.dataset.placement
    exported = Exported(model, (Trajectory("learnt 1", np.arange(2.0), np.array([[0.0, 0.0], [1.0, -1.0]])),))
    rows = list(csv.DictReader(io.StringIO(ENCODE["csv"](exported).decode())))
    expected = [placement.centre[0], placement.centre[0] + placement.scale]
    np.testing.assert_allclose([float(row["x"]) for row in rows], expected)
    arrays = np.load(io.BytesIO(ENCODE["npz"](exported)))
    np.testing.assert_allclose(arrays["learnt_1_y"][:, 0], expected)
    assert tuple(arrays["centre"]) == placement.centre and arrays["scale"] == placement.scale


def test_starts_are_asked_for_in_the_datas_own_units(tmp_path: Path) -> None:
    model = model_of(MatchDensity(), far_points(tmp_path))
    (*_, asked) = Exported(model, solved_trajectories(model, [(1e9, -2e9)])).trajectories_of_data()
    np.testing.assert_allclose(asked.ys[0], [1e9, -2e9])


@pytest.mark.parametrize("task", [Classify(), MatchDensity()])
def test_without_the_data_the_script_is_the_same_but_for_its_start(
    tmp_path: Path, task: Classify | MatchDensity, capsys: pytest.CaptureFixture[str]
) -> None:
    model = model_of(task, far_points(tmp_path))
    before, stored = script_source(model), encode_model(model)
    (tmp_path / "far.csv").unlink()
    lost = decode_model(stored)
    after = script_source(lost)
    changed = [line for line in after.splitlines() if line not in before.splitlines()]
    assert all("START = " in line or "prints the trajectory from" in line for line in changed)
    solved_trajectories(lost, [(1e9, -2e9)])
    assert "far.csv cannot be read" in capsys.readouterr().err


BLOWS_UP = FormulaField(dx="x**2", dy="y", parameters=())


def test_a_field_that_blows_up_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["script.py", "1", "0.5"])
    with pytest.raises(SystemExit, match=r"From \(1.0, 0.5\), the solve stopped at t = 1.0"):
        imported(initial_model(Experiment(field=BLOWS_UP))).main()


@pytest.mark.parametrize("solver", [SolverSettings(), SolverSettings(method="rk4")])
def test_no_points_are_no_trouble_and_what_is_no_points_is_refused(tmp_path: Path, solver: SolverSettings) -> None:
    dataset, none = far_points(tmp_path), torch.zeros(0, 2)
    flow = imported(initial_model(Experiment(task=MatchDensity(), dataset=dataset, solver=solver)))
    assert flow.log_prob(none).shape == (0,) and flow.sample(0).shape == (0, 2)
    classifier = imported(initial_model(Experiment(task=Classify(), dataset=dataset, solver=solver)))
    assert classifier.classify(none).shape == (0, 2)
    for ask in (flow.log_prob, classifier.classify):
        with pytest.raises(ValueError, match=r"points must be of shape \(n, 2\); got \(2,\)"):
            ask(torch.zeros(2))
