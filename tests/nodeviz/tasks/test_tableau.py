"""A user's own tableau: read from a file, kept by experiments, and a method like any other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from torch import Tensor

from nodeviz.engine import messages
from nodeviz.engine.messages import Configure
from nodeviz.experiment import Experiment, SolverSettings, decode, encode
from nodeviz.settings import edited
from nodeviz.tasks.learnt import place
from nodeviz.tasks.solving import solve_as_set
from nodeviz.tasks.tableau import WrittenTableau, method_of, tableau_in
from solver.methods.bosh3 import BOSH3
from solver.methods.rk4 import RK4

CLASSIC = WrittenTableau(
    a=((), ("1/2",), (0, "1/2"), (0, 0, 1)), b=("1/6", "1/3", "1/3", "1/6"), label="Kutta's, typed again"
)
PAIR = WrittenTableau(
    a=((), ("1/2",), (0, "3/4"), ("2/9", "1/3", "4/9")),
    b=("2/9", "1/3", "4/9", 0),
    b_low=("7/24", "1/4", "1/3", "1/8"),
)


def own(tableau: WrittenTableau, **changed: Any) -> SolverSettings:
    return SolverSettings(method="own", tableau=tableau, **changed)


def loss_and_gradient(solver: SolverSettings) -> tuple[Tensor, Tensor]:
    """Those of a first training step of a small spiral."""
    experiment = edited(Experiment(solver=solver), "dataset.points", 40)
    learnt = place(experiment.field, experiment.initial_parameters()).learnt
    torch.set_num_threads(1)
    result = experiment.task.begin(experiment).loss(learnt, np.random.default_rng(3), solver)
    return result.loss.detach(), learnt.gradient(result.loss)


def test_an_experiment_keeps_it() -> None:
    experiment = Experiment(solver=own(PAIR))
    assert decode(encode(experiment)) == experiment
    assert hash(decode(encode(experiment))) == hash(experiment)
    told = Configure(experiment, run=1, revision=2)
    assert messages.decode_command(messages.encode(told)) == told


def test_it_is_kept_while_another_method_is_chosen() -> None:
    away = edited(Experiment(solver=own(PAIR)), "solver.method", "rk4")
    assert away.solver.scheme is RK4
    assert edited(away, "solver.method", "own").solver == own(PAIR)


@pytest.mark.parametrize(
    ("written", "listed"), [(CLASSIC, "rk4"), (PAIR, "bosh3")], ids=["fixed steps", "adaptive steps"]
)
def test_training_with_it_is_training_with_the_method_it_writes(written: WrittenTableau, listed: str) -> None:
    loss, gradient = loss_and_gradient(own(written))
    wanted_loss, wanted_gradient = loss_and_gradient(SolverSettings(method=listed))
    torch.testing.assert_close(loss, wanted_loss, rtol=1e-6, atol=0)
    torch.testing.assert_close(gradient, wanted_gradient, rtol=1e-4, atol=1e-6)


def test_an_error_estimate_makes_its_steps_adaptive() -> None:
    assert own(CLASSIC).steps_are_fixed and not own(PAIR).steps_are_fixed
    assert own(PAIR, controller="fixed").steps_are_fixed
    assert own(PAIR, stepping="per_sample").stepping_used == "per_sample"
    assert "only adaptive" in own(CLASSIC, stepping="per_sample").why_shared


def test_trajectories_may_take_its_steps_each_by_itself() -> None:
    y0, ts = torch.tensor([[1.0, 0.0], [0.0, 9.0]], dtype=torch.float64), torch.tensor([0.0, 2.0], dtype=torch.float64)
    alone = solve_as_set(own(PAIR, stepping="per_sample"), lambda t, y: -y.pow(3), y0, ts)
    assert alone.status.ok
    torch.testing.assert_close(alone.ys[-1], (y0.pow(-2) + 4).pow(-0.5), rtol=1e-3, atol=1e-3)


def test_equal_tableaus_are_one_method() -> None:
    again = msgspec.json.decode(msgspec.json.encode(PAIR), type=WrittenTableau)
    assert again is not PAIR and method_of(again) is method_of(PAIR)
    assert method_of(PAIR).tableau.order == BOSH3.order


def test_own_without_a_tableau_is_refused_with_what_to_do() -> None:
    for choose in (
        lambda: SolverSettings(method="own"),
        lambda: edited(Experiment(), "solver.method", "own"),
        lambda: decode('{"solver": {"method": "own"}}'),
    ):
        with pytest.raises(ValueError, match=r'"own" needs a Butcher tableau: choose .* or give --tableau'):
            choose()


def test_an_experiment_with_a_wrong_tableau_is_refused_by_its_place() -> None:
    text = '{"solver": {"method": "own", "tableau": {"a": [[]], "b": [0.5]}}}'
    with pytest.raises(ValueError, match=r"solver\.tableau: The weights b must sum to 1; they sum to 0\.5"):
        decode(text)


@pytest.mark.parametrize("label", ["a\nb = 1", "", "\x00", "x" * 61])
def test_a_label_is_one_short_line(label: str, tmp_path: Path) -> None:
    path = tmp_path / "tableau.json"
    path.write_text(json.dumps({"a": [[]], "b": [1], "label": label}), encoding="utf-8")
    with pytest.raises(ValueError, match="label"):
        tableau_in(path)


def test_a_file_is_read_or_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "tableau.json"
    path.write_bytes(msgspec.json.encode(PAIR))
    assert tableau_in(path) == PAIR
    path.write_bytes(b"\xff")
    with pytest.raises(ValueError, match=r"tableau\.json holds no tableau: .* It should look like"):
        tableau_in(path)
    with pytest.raises(ValueError, match="cannot be read: No such file"):
        tableau_in(tmp_path / "none.json")
