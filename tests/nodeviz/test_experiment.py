"""The experiment: one frozen value, its file form, and what its parts ask of one another."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest

from nodeviz.datasets import DATASETS, Spiral
from nodeviz.experiment import Experiment, SolverSettings, TrainingSettings, decode, encode
from nodeviz.fields import FIELDS, FormulaField, MLPField
from nodeviz.settings import edited
from nodeviz.tasks import TASKS, FitTrajectories
from solver.methods import METHODS
from tests.nodeviz.combinations import EVERY_EXPERIMENT, title_of


@pytest.mark.parametrize("experiment", EVERY_EXPERIMENT, ids=title_of)
def test_every_combination_survives_its_file(experiment: Experiment) -> None:
    other = msgspec.structs.replace(experiment, solver=SolverSettings(method="rk4"))
    assert decode(encode(other)) == other


@pytest.mark.parametrize("kind", [*TASKS, *DATASETS, *FIELDS])
def test_everything_fits_something(kind: type) -> None:
    parts = ((experiment.task, experiment.dataset, experiment.field) for experiment in EVERY_EXPERIMENT)
    assert any(kind in map(type, three) for three in parts)


def test_what_a_file_leaves_out_is_the_default() -> None:
    assert decode("{}") == Experiment()
    assert decode('{"solver": {"rtol": 0.001}}').solver == SolverSettings(rtol=1e-3)


def test_the_file_is_json_that_a_person_can_read() -> None:
    text = encode(Experiment()).decode()
    assert '"method": "dopri5"' in text
    assert len(text.splitlines()) > 20


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"solver": {"rtol": 5}}', "solver.rtol: .* rtol lies from 1e-12 to 0.1"),
        ('{"solver": {"rtol": null}}', "solver.rtol: "),
        ('{"solver": {"method": "rk5"}}', "solver.method: Invalid enum value 'rk5'"),
        ('{"field": {"kind": "tree"}}', "field.kind: Invalid value 'tree'"),
        ('{"field": {"kind": "formula", "dx": "2x"}}', "dx/dt, column 2"),
        ('{"field": {"kind": "formula", "dx": "k*x"}}', "no parameter 'k'"),
        ('{"solvers": {}}', "unknown field `solvers`"),
        ('{"task": {"kind": "fit", "points": 100}, "dataset": {"kind": "spiral", "points": 50}}', "does not fit"),
        ("{", "truncated"),
        ("[1]", "Expected `object`, got `array`"),
        ("\x00", "malformed"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_place_and_the_reason(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"not an experiment nodeviz can read: .*{said}"):
        decode(text)


def test_a_window_longer_than_the_trajectory_is_refused_whichever_is_edited() -> None:
    with pytest.raises(ValueError, match=r"A window of 30 times does not fit into a trajectory of 20; .* at most 20"):
        Experiment(task=FitTrajectories(points=30), dataset=Spiral(points=20))
    with pytest.raises(ValueError, match="does not fit"):
        edited(Experiment(task=FitTrajectories(points=100)), "dataset.points", 50)
    with pytest.raises(ValueError, match="does not fit"):
        edited(Experiment(dataset=Spiral(points=20)), "task.points", 30)


def test_experiments_are_values() -> None:
    assert Experiment() == Experiment()
    assert hash(Experiment()) == hash(Experiment())
    assert Experiment(field=FormulaField()) != Experiment(field=MLPField())
    with pytest.raises(AttributeError):
        Experiment().name = "other"  # type: ignore[misc]


def test_every_method_of_the_solver_may_be_set() -> None:
    for method in METHODS:
        assert edited(Experiment(), "solver.method", method.name).solver.method == method.name


@pytest.mark.parametrize(
    ("settings", "fixed"),
    [
        (SolverSettings(method="rk4"), True),
        (SolverSettings(method="ab4"), True),
        (SolverSettings(method="dopri5"), False),
        (SolverSettings(method="dopri5", controller="fixed"), True),
        (SolverSettings(method="tsit5", controller="PID"), False),
    ],
)
def test_the_step_size_rules_where_steps_are_fixed(settings: SolverSettings, fixed: bool) -> None:
    assert settings.steps_are_fixed is fixed


def test_the_demo_of_the_paper_can_be_set() -> None:
    demo = Experiment(
        task=FitTrajectories(loss="mae"),
        training=TrainingSettings(optimiser="rmsprop", learning_rate=1e-3, decay=0.0, averaging=0.0),
        solver=SolverSettings(rtol=1e-7, atol=1e-9),
    )
    assert msgspec.json.decode(encode(demo))["training"]["optimiser"] == "rmsprop"


def test_declaring_imports_no_torch() -> None:
    names = "settings, experiment, datasets, fields, tasks"
    script = (
        f"import sys\nfrom nodeviz import {names}\n"
        "from nodeviz.experiment import Experiment\nfrom nodeviz.fields import FIELDS\nimport numpy as np\n"
        "for kind in FIELDS:\n"
        "    field = kind()\n"
        "    field.velocity(field.initial_parameters(0), 0.0, np.ones((3, 2)))\n"
        "    field.torch_source()\n"
        "Experiment().dataset.sample(0)\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
