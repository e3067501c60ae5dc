"""Solver settings that a problem cannot be solved with are refused in its user's words, before anything is solved."""

from __future__ import annotations

import pytest

from nodeviz.assets_path import assets
from nodeviz.experiment import Experiment, decode
from nodeviz.settings import edited
from nodeviz.tasks.solving import SolverSettings


def ready_made(name: str) -> Experiment:
    return decode((assets() / "experiments" / f"{name}.json").read_text(encoding="utf-8"))


def test_forward_sensitivities_of_many_parameters_are_refused() -> None:
    with pytest.raises(ValueError, match="this field has 9224, and 1024 is the most. Choose the gradient checkpointed"):
        edited(ready_made("eight-gaussians"), "solver.gradient", "forward")
    assert edited(Experiment(), "solver.gradient", "forward").solver.gradient == "forward"


def test_a_field_does_not_grow_beyond_what_its_gradient_can_do() -> None:
    small = edited(Experiment(), "solver.gradient", "forward")
    with pytest.raises(ValueError, match="or a smaller field"):
        edited(small, "field.width", 500)


def test_flow_matching_differentiates_no_solve_and_takes_any_gradient() -> None:
    assert edited(ready_made("flow-matching"), "solver.gradient", "forward").solver.gradient == "forward"


@pytest.mark.parametrize("method", ["symplectic_euler", "leapfrog", "yoshida4"])
def test_methods_of_positions_and_velocities_need_states_of_two_halves(method: str) -> None:
    assert edited(Experiment(), "solver.method", method).solver == SolverSettings(method=method)
    for odd in (edited(Experiment(), "field.augmented", 1), ready_made("eight-gaussians")):
        with pytest.raises(ValueError, match="states here have 3 entries. Choose another method"):
            edited(odd, "solver.method", method)
