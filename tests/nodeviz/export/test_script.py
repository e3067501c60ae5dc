"""The exported script: it needs torch alone, and integrates as the solver does."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from nodeviz.datasets import EightGaussians, Moons, Spiral
from nodeviz.experiment import Experiment, SolverSettings
from nodeviz.export.script import script_source
from nodeviz.fields import FormulaField, MLPField
from nodeviz.fields.modules.traced_field import TracedField
from nodeviz.library.model_file import Model, initial_model
from nodeviz.tasks import Classify, MatchDensity
from nodeviz.tasks.learnt import place
from nodeviz.tasks.picture import Viewpoint
from nodeviz.tasks.tableau import WrittenTableau
from solver import solve
from solver.methods import METHODS

TRUE_SPIRAL = FormulaField(dx="-0.1*x**3 - 2*y**3", dy="2*x**3 - 0.1*y**3", parameters=())
SHORT = Spiral(points=40, duration=3.0)


def printed(source: str, folder: Path, *arguments: str) -> np.ndarray:
    """What the script prints, as a table."""
    done = finished(source, folder, *arguments)
    assert done.returncode == 0, done.stderr
    return np.genfromtxt(done.stdout.splitlines(), delimiter=",", names=True)


def finished(source: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The script, run where neither nodeviz nor the solver can be imported."""
    script = folder / "field.py"
    script.write_text(source, encoding="utf-8")
    block = "import sys; sys.modules['nodeviz'] = sys.modules['solver'] = None; import runpy; sys.argv = sys.argv[1:]\n"
    runner = folder / "runner.py"
    runner.write_text(block + "runpy.run_path(sys.argv[0], run_name='__main__')", encoding="utf-8")
    return subprocess.run(
        [sys.executable, runner, script, *arguments],
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def solved(model: Model, start: tuple[float, float] | None = None) -> np.ndarray:
    """The same trajectory by the solver, in float64 and to a tight tolerance."""
    data = model.experiment.dataset.sample(model.experiment.training.seed)
    y0 = torch.tensor([start or tuple(data.truth[0, 0])], dtype=torch.float64)
    field = model.experiment.field.module(model.theta).double()
    with torch.no_grad():
        return solve(field, y0, torch.tensor(data.ts), method="dop853", rtol=1e-11, atol=1e-11).ys[:, 0].numpy()


@pytest.mark.parametrize(
    "field",
    [MLPField(), MLPField(width=8, depth=3, activation="softplus", time="concat", cubed=False), TRUE_SPIRAL],
    ids=["mlp", "deep", "formula"],
)
def test_it_prints_the_learnt_trajectory(field: MLPField | FormulaField, tmp_path: Path) -> None:
    model = initial_model(Experiment(field=field, dataset=SHORT, solver=SolverSettings(rtol=1e-8, atol=1e-8)))
    table = printed(script_source(model), tmp_path)
    np.testing.assert_allclose(table["t"], np.linspace(0, 3, 40), atol=1e-8)
    np.testing.assert_allclose(np.stack([table["x"], table["y"]], 1), solved(model), atol=2e-6)


def test_it_takes_another_start(tmp_path: Path) -> None:
    model = initial_model(Experiment(field=TRUE_SPIRAL, dataset=SHORT, solver=SolverSettings(rtol=1e-8, atol=1e-8)))
    table = printed(script_source(model), tmp_path, "-1", "0.5")
    np.testing.assert_allclose(np.stack([table["x"], table["y"]], 1), solved(model, (-1.0, 0.5)), atol=2e-6)


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [("1",), ("1", "two"), ("1", "2", "3"), ("nan", "1")])
def test_a_start_that_is_no_point_is_told_in_a_sentence(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = finished(script_source(initial_model(Experiment(dataset=SHORT))), tmp_path, *arguments)
    assert done.returncode == 1
    assert not done.stdout
    assert done.stderr.startswith("usage: ")
    assert done.stderr.count("\n") == 1
    assert " ".join(arguments) in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="a pipe of POSIX")
def test_a_reader_that_has_enough_is_no_error(tmp_path: Path) -> None:
    script = tmp_path / "field.py"
    script.write_text(script_source(initial_model(Experiment(field=TRUE_SPIRAL, dataset=SHORT))), encoding="utf-8")
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([sys.executable, script], stdout=write, stderr=subprocess.PIPE, text=True, timeout=120)
    os.close(write)
    assert done.returncode == 1
    assert not done.stderr


@pytest.mark.parametrize("times", [(0.0, 0.0, 0.5, 0.5, 1.0), (1.0, 1.0, 0.0), (0.5, 0.5), (0.5,)])
def test_a_time_asked_for_twice_is_the_same_state_twice(times: tuple[float, ...]) -> None:
    scope: dict[str, object] = {"__name__": "imported"}
    exec(
        script_source(initial_model(Experiment(field=TRUE_SPIRAL, solver=SolverSettings(rtol=1e-7, atol=1e-7)))), scope
    )
    ts, y0 = torch.tensor(times, dtype=torch.float64), torch.tensor([2.0, 0.0], dtype=torch.float64)
    with torch.no_grad():
        ys = scope["solve"](scope["field"](), y0, ts)  # type: ignore[operator]
        truth = solve(scope["field"](), y0, ts, rtol=1e-9, atol=1e-9).ys  # type: ignore[arg-type]
    torch.testing.assert_close(ys, truth, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_every_method_ends_near_the_truth(method: object, tmp_path: Path) -> None:
    settings = SolverSettings(method=method.name, rtol=1e-6, atol=1e-6, dt=0.001)  # type: ignore[attr-defined]
    brief = Spiral(points=20, duration=1.0)
    model = initial_model(Experiment(field=TRUE_SPIRAL, dataset=brief, solver=settings))
    scope: dict[str, object] = {"__name__": "imported"}
    exec(script_source(model), scope)  # one process for all methods; the tests above run the file itself
    ts = torch.tensor(brief.sample(0).ts)
    with torch.no_grad():
        ys = scope["solve"](scope["field"](), torch.tensor([2.0, 0.0], dtype=torch.float64), ts)  # type: ignore[operator]
    tolerance = max(2e-3, 200 * settings.dt**method.order)  # type: ignore[attr-defined]
    np.testing.assert_allclose(ys.numpy(), solved(model), atol=tolerance)


@pytest.mark.parametrize("b_low", [None, ("1/2", "1/2", 0)], ids=["fixed steps", "adaptive steps"])
def test_it_integrates_with_a_tableau_of_the_users_own(b_low: tuple[str | int, ...] | None) -> None:
    shu_osher = WrittenTableau(
        a=((), (1,), ("1/4", "1/4")), b=("1/6", "1/6", "2/3"), b_low=b_low, label='Mine {0} """ # \\'
    )
    settings = SolverSettings(method="own", tableau=shu_osher, rtol=1e-7, atol=1e-7, dt=0.001)
    model = initial_model(Experiment(field=TRUE_SPIRAL, dataset=Spiral(points=20, duration=1.0), solver=settings))
    source = script_source(model)
    assert f"# {shu_osher.label}: y1 = y + dt sum(B k)" in source and "stands in for" not in source
    scope: dict[str, object] = {"__name__": "imported"}
    exec(source, scope)
    ts = torch.tensor(model.experiment.dataset.sample(0).ts)
    with torch.no_grad():
        ys = scope["solve"](scope["field"](), torch.tensor([2.0, 0.0], dtype=torch.float64), ts)  # type: ignore[operator]
    np.testing.assert_allclose(ys.numpy(), solved(model), atol=1e-5)


def test_the_weights_are_those_of_the_model_to_the_last_bit() -> None:
    model = initial_model(Experiment())
    scope: dict[str, object] = {"__name__": "imported"}
    exec(script_source(model), scope)
    weights = scope["field"]().float().state_dict()  # type: ignore[operator]
    for name, part in model.experiment.field.split(model.theta).items():
        np.testing.assert_array_equal(weights[name].numpy(), part)


def test_a_name_that_is_code_stays_a_name() -> None:
    model = initial_model(Experiment(name='"""\nraise SystemExit("gotcha")\n"""'))
    exec(script_source(model), {"__name__": "imported"})


def imported(source: str, folder: Path) -> ModuleType:
    """The script as a module."""
    path = folder / "exported.py"
    path.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("exported", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("augmented", [0, 1])
def test_the_script_of_a_classifier_gives_the_surface_that_the_window_shows(augmented: int, tmp_path: Path) -> None:
    field = MLPField(width=8, cubed=False, augmented=augmented)
    tight = SolverSettings(rtol=1e-6, atol=1e-6)
    experiment = Experiment(task=Classify(), dataset=Moons(points=40), field=field, solver=tight)
    model = initial_model(experiment)
    script = imported(script_source(model), tmp_path)
    learnt = place(field, model.theta).learnt
    with torch.no_grad():
        shown = experiment.task.begin(experiment).picture(learnt, Viewpoint((-1.0, 1.0, -2.0, 2.0), 0.0, 5), tight)
    places = torch.cartesian_prod(torch.linspace(-1, 1, 5), torch.linspace(-2, 2, 5))
    of_second = script.classify(places)[:, 1].view(5, 5)
    np.testing.assert_allclose(of_second, shown.surface.values, atol=1e-3)


@pytest.mark.slow
def test_the_script_of_an_augmented_field_prints_the_plane_alone(tmp_path: Path) -> None:
    experiment = Experiment(task=Classify(), dataset=Moons(points=40), field=MLPField(width=8, augmented=2))
    table = printed(script_source(initial_model(experiment)), tmp_path)
    assert table.dtype.names == ("t", "x", "y")
    np.testing.assert_allclose(table["t"], experiment.task.times(experiment.dataset), atol=1e-8)


def test_the_script_of_a_flow_evaluates_its_density_and_draws_from_it(tmp_path: Path) -> None:
    field, task = MLPField(width=8, cubed=False, time="concat"), MatchDensity(base=1.5, duration=0.7)
    tight = SolverSettings(rtol=1e-8, atol=1e-8)
    experiment = Experiment(task=task, dataset=EightGaussians(points=40), field=field, solver=tight)
    theta = 3 * experiment.initial_parameters()
    script = imported(script_source(Model(experiment, theta)), tmp_path)
    places = torch.cartesian_prod(torch.linspace(-1, 1, 5), torch.linspace(-2, 2, 5)).double()
    flow = TracedField(place(field, theta).learnt.double().field)
    back = torch.tensor([0.7, 0.0], dtype=torch.float64)
    with torch.no_grad():
        ended = solve(flow, torch.nn.functional.pad(places, (0, 1)), back, method="dop853", rtol=1e-10, atol=1e-10)
    points, gained = ended.ys[-1, :, :2], ended.ys[-1, :, 2]
    base = torch.distributions.Normal(0.0, 1.5).log_prob(points).sum(1)
    np.testing.assert_allclose(script.log_prob(places), base - gained, atol=1e-6)
    assert script.sample(7).shape == (7, 2)
