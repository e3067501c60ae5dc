"""`nodeviz bench`: figures that fit one another, words that follow from them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nodeviz.assets_path import assets
from nodeviz.cli.bench_words import words
from nodeviz.cli.run import run
from nodeviz.engine.measuring import GradientCost, Measured, MethodCost, StepCost
from nodeviz.experiment import Experiment

QUICK = ["--steps", "2", "--rounds", "1", "--task-points", "3", "--batch", "4", "--dataset-points", "50"]
QUICK += ["--dataset-duration", "2"]


def measured(**parts: Any) -> Measured:
    """A measurement in which nothing is remarkable but what is given."""
    ordinary: dict[str, Any] = {
        "experiment": Experiment(),
        "device": "cpu",
        "steps": 300,
        "step": StepCost(whole=2.0, solve=1.8, inside=1.4, nfe_forward=26, nfe_backward=24),
        "gradients": (GradientCost(1e-3, 1.0, 20, 18, 1e-2), GradientCost(1e-5, 2.0, 38, 36, 1e-5)),
        "methods": (MethodCost("dopri5", 10.0, 700, 1e-4), MethodCost("tsit5", 9.0, 600, 1e-4)),
        "portrait": 8.0,
    }
    return Measured(**ordinary | parts)


def told(**parts: Any) -> str:
    return "\n".join(words(measured(**parts)))


def test_it_tells_the_figures_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", *QUICK]) == 0
    output = capsys.readouterr()
    for line in (
        "A training step",
        "in the field",
        "What a gradient costs",
        "The whole trajectory",
        "A phase portrait",
    ):
        assert line in output.out
    assert "Trained for 2 steps" in output.err


def test_a_tableau_of_ones_own_goes_by_the_label_in_its_file(capsys: pytest.CaptureFixture[str]) -> None:
    tableau = str(assets() / "tableaus" / "merson.json")
    assert run(["bench", *QUICK, "--tableau", tableau]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "Merson 4(3)  " in line)
    assert len(line.split()) == 5


def test_json_is_one_object_whose_figures_fit_one_another(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", *QUICK, "--json", "--method", "tsit5"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert 0 < found["step"]["inside"] < found["step"]["solve"]
    assert found["methods"][0]["name"] == found["experiment"]["solver"]["method"] == "tsit5"
    costs = found["gradients"]
    assert [cost["tolerance"] for cost in costs] == sorted((cost["tolerance"] for cost in costs), reverse=True)
    assert costs[-1]["nfe_forward"] >= costs[0]["nfe_forward"] > 0
    assert costs[-1]["error"] < 1e-3


def test_steps_of_fixed_size_have_no_tolerances_to_compare(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", *QUICK, "--method", "rk4"]) == 0
    output = capsys.readouterr().out
    assert "A training step" in output
    assert "What a gradient costs" not in output


def test_a_typed_formula_without_trained_parameters_is_measured_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", *QUICK, "--field", "formula", "--dx=-y", "--dy=x"]) == 0
    assert "A training step" in capsys.readouterr().out


def test_what_dominates_a_step_is_what_one_is_told_to_change() -> None:
    assert "Most of a step is the field itself" in told()
    light = StepCost(whole=2.0, solve=1.5, inside=0.2, nfe_forward=26, nfe_backward=24)
    assert "Most of a step is around the field" in told(step=light)


def test_a_solve_by_the_kernel_is_not_taken_apart() -> None:
    whole = StepCost(whole=2.0, solve=1.5, inside=1.5, nfe_forward=26, nfe_backward=24, native=True)
    lines = told(step=whole, kernel="Networks are solved by the native kernel.")
    assert "in the solve" in lines and "by the native kernel\n" in lines and "in the solver " not in lines
    assert "Networks are solved by the native kernel." in lines


def test_the_loosest_tolerance_with_a_good_gradient_is_named() -> None:
    assert "rtol 1e-05 is enough" in told()
    assert "None of these tolerances" in told(gradients=(GradientCost(1e-2, 1.0, 20, 18, 0.5),))


def test_a_method_is_recommended_only_when_it_is_as_accurate_and_much_quicker() -> None:
    chosen = MethodCost("dopri5", 10.0, 700, 1e-4)
    assert "tsit5 is no less accurate here than dopri5, and 2.0 times as quick" in told(
        methods=(chosen, MethodCost("tsit5", 5.0, 400, 1e-5))
    )
    assert "None of them" in told(methods=(chosen, MethodCost("bosh3", 5.0, 400, 1e-2)))


def test_a_portrait_that_misses_a_frame_is_said_to() -> None:
    assert "fits in a frame" in told(portrait=8.0)
    assert "2.0 frames" in told(portrait=2000 / 60)
