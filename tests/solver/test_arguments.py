"""Callers' mistakes are ValueErrors that say what was expected, what came and what to do."""

from __future__ import annotations

import ast
import inspect
from typing import Any

import pytest
import torch
from torch import Tensor

from solver import GRADIENT_MODES, Gradients, PIDController, RungeKutta, solve
from solver.controllers import PI
from solver.gradients.backsolve import Backsolve
from solver.methods.dopri5 import DOPRI5

Y0 = torch.ones(2, 2, dtype=torch.float64)
TS = torch.tensor([0.0, 1.0], dtype=torch.float64)


def field(t: Tensor, y: Tensor) -> Tensor:
    return -y


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"ts": torch.tensor([0, 1])}, r"ts must be floating point; got torch.int64. Use ts.to\(torch.float64\)"),
        ({"ts": torch.tensor([0.0, 2.0, 1.0])}, "ts must run one way, rising or falling"),
        ({"ts": torch.tensor([0.0, float("nan")])}, "ts must be finite"),
        ({"ts": torch.zeros(0)}, r"ts must be a tensor of shape \(times,\) with at least one time; got .* \(0,\)"),
        ({"ts": torch.zeros(2, 2)}, r"ts must be a tensor of shape \(times,\)"),
        ({"ts": [0.0, 1.0]}, "ts must be a tensor .* got list"),
        ({"y0": torch.ones(2, dtype=torch.int64)}, "y0 must be a float32 or float64 tensor; got torch.int64"),
        ({"y0": torch.ones(2, dtype=torch.complex64)}, "y0 must be a float32 or float64 tensor; got torch.complex64"),
        ({"y0": [1.0]}, "y0 must be a float32 or float64 tensor; got list"),
        ({"y0": torch.ones(0, 2)}, "y0 must have at least one entry"),
        ({"method": "dorpi5"}, "no method called 'dorpi5'.* Did you mean 'dopri5'?"),
        ({"method": "RK4", "dt": 0.1}, "Did you mean 'rk4'?"),
        ({"method": None}, "method must be one of the names euler, .* or an object of their kind; got None"),
        ({"method": PI}, "method must be one of .* got the PIDController 'PI'. Pass it as controller=."),
        ({"method": RungeKutta}, "method must be one of .* got the class RungeKutta. Make one: RungeKutta"),
        ({"gradient": None}, "gradient must be one of the names checkpointed, .* got None"),
        ({"gradient": 42}, "gradient must be one of the names checkpointed, .* got 42"),
        ({"gradient": DOPRI5}, "gradient must be one of .* got the RungeKutta 'dopri5'. Pass it as method=."),
        ({"gradient": Backsolve}, "gradient must be one of .* got the class Backsolve. Make one: Backsolve"),
        ({"controller": 3}, "controller must be one of the names fixed, .* got 3"),
        ({"controller": DOPRI5}, "controller must be one of .* got the RungeKutta 'dopri5'. Pass it as method=."),
        ({"controller": PIDController}, "controller must be one of .* Make one: PIDController"),
        ({"norm": 2}, "norm must be one of the names rms, max, sample, .* got 2"),
        ({"norm": lambda errors: errors}, r"norm must return one number, .* it returned a tensor of shape \(2, 2\)"),
        ({"norm": lambda errors: None}, "norm must return one number, .* it returned NoneType"),
        ({"controller": "pi"}, "no controller called 'pi'.* Did you mean 'PI'?"),
        ({"gradient": "adjoint"}, "no gradient called 'adjoint'; there are checkpointed, direct, backsolve"),
        ({"rtol": -1e-3}, "rtol and atol must be finite and not negative; got rtol=-0.001"),
        ({"rtol": float("nan")}, "rtol and atol must be finite"),
        ({"rtol": 0.0, "atol": 0.0}, "both zero"),
        ({"dt": 0.0}, "dt must be positive and finite"),
        ({"dt": -0.1}, "dt must be positive and finite, also for falling times; got -0.1"),
        ({"method": "rk4"}, "rk4 takes fixed steps here and needs their size: pass dt > 0"),
        ({"controller": "fixed"}, "dopri5 takes fixed steps here and needs their size"),
        ({"method": "rk4", "dt": 0.1, "controller": "PI"}, "rk4 has no error estimate for the PI controller"),
        ({"dt": True}, "dt must be a number; got True"),
        ({"max_steps": True}, "max_steps must be a whole number of at least 1; got True"),
        ({"dense": "a"}, "dense must be True or False; got 'a'"),
        ({"per_sample": "yes"}, "per_sample must be True or False; got 'yes'"),
        ({"rowwise": None}, "rowwise must be True or False; got None"),
        ({"dt": "0.1"}, "dt must be a number; got '0.1'"),
        ({"rtol": "1e-3"}, "rtol must be a number; got '1e-3'"),
        ({"rtol": True}, "rtol must be a number; got True"),
        ({"atol": [1e-3]}, r"atol must be a number; got \[0.001\]"),
        ({"min_step": None}, "min_step must be a number; got None"),
        ({"max_steps": 0}, "max_steps must be a whole number of at least 1; got 0"),
        ({"max_steps": 2.5}, "max_steps must be a whole number of at least 1; got 2.5"),
        ({"max_steps": "10"}, "max_steps must be a whole number of at least 1; got '10'"),
        ({"events": 3}, r"events must be an Event or a condition\(t, y\), or several; got 3"),
        ({"forced_times": 0.5}, r"forced_times must be some numbers, .* got 0.5. Pass one as \[0.5\]"),
        ({"jump_times": "soon"}, "jump_times must be some numbers"),
        ({"measure": 3}, "measure must have ratio, norms and of_adjoint, .* got int"),
        ({"watch": print}, "watch must have attempting, rejected and accepted, .* got builtin_function"),
        ({"parameters": torch.nn.Linear(1, 1)}, r"got a module. Pass module.parameters\(\)"),
        ({"parameters": [3]}, "parameters must be tensors, several of them; got int"),
        ({"field": 3}, r"field must be callable as field\(t, y\) -> dy; got int"),
        ({"field": lambda t, y: y[:1]}, r"must return dy like y, of shape \(2, 2\).* it returned shape \(1, 2\)"),
        ({"field": lambda t, y: y.float()}, "it returned shape .* torch.float32"),
        ({"field": lambda t, y: 3.0}, "The field must return a tensor dy; it returned float"),
    ],
)
@pytest.mark.parametrize("mode", ["checkpointed", "direct", "backsolve"])
def test_mistakes_are_named(arguments: dict[str, Any], message: str, mode: str) -> None:
    given = {"field": field, "y0": Y0, "ts": TS, "gradient": mode, **arguments}
    with pytest.raises(ValueError, match=message):
        solve(given.pop("field"), given.pop("y0"), given.pop("ts"), **given)


@pytest.mark.parametrize("norm", ["rms", "max", "sample"])
def test_a_tolerance_may_be_smaller_than_the_least_number_of_float32(norm: str) -> None:
    assert solve(field, Y0, TS, rtol=0.0, atol=1e-50, norm=norm, max_steps=3).stats.nfe_forward > 0


@pytest.mark.parametrize("per_sample", [False, True])
def test_a_first_step_is_as_long_as_asked_for(per_sample: bool) -> None:
    solution = solve(field, Y0, TS, dt=0.1, per_sample=per_sample)
    sizes = solution.samples.steps.dt if solution.samples else [step.dt for step in solution.stats.steps]
    assert float(sizes[0]) == 0.1


def test_direct_refuses_a_field_that_cannot_be_called() -> None:
    class EvaluatesOnly:
        def evaluate(self, t: float, y: Tensor) -> Tensor:
            return -y

        def linearise(self, t: float, y: Tensor) -> tuple[Tensor, Any]:
            return -y, lambda cotangent: Gradients(None, -cotangent, ())

        def parameters(self) -> tuple[Tensor, ...]:
            return ()

    assert solve(EvaluatesOnly(), Y0, TS).status.ok
    with pytest.raises(ValueError, match="make it callable as field"):
        solve(EvaluatesOnly(), Y0, TS, gradient="direct")


class Rectified(torch.nn.Module):
    """A network whose first layer writes to what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = torch.nn.Sequential(torch.nn.ReLU(inplace=True), torch.nn.Linear(2, 2)).double()

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        return self.layers(y)


@pytest.mark.parametrize("changing", [lambda t, y: y.mul_(-1), Rectified()], ids=["function", "module"])
@pytest.mark.parametrize("learnt", [False, True], ids=["constant y0", "learnt y0"])
@pytest.mark.parametrize(
    "how",
    [
        *({"gradient": mode.name} for mode in GRADIENT_MODES if mode.name != "reversible"),
        {"gradient": "reversible", "method": "alf"},
        {"per_sample": True},
        {"method": "radau5"},
        {"method": "symplectic_euler", "dt": 0.1},
        {"jump_times": (0.5,)},
    ],
    ids=lambda how: " ".join(map(str, how.values())),
)
def test_a_field_that_changes_y_in_place_is_refused_and_y0_left_alone(changing: Any, learnt: bool, how: Any) -> None:
    y0 = torch.tensor([[1.0, -1.0], [2.0, -2.0]], dtype=torch.float64).repeat(4, 1)
    before = y0.clone()
    with pytest.raises(ValueError, match="must leave y as it is, .* not y.mul_"):
        solve(changing, y0.requires_grad_(learnt), TS, **how)
    assert torch.equal(y0, before)


@pytest.mark.parametrize("per_sample", [False, True])
def test_an_event_that_changes_y_in_place_is_refused_and_y0_left_alone(per_sample: bool) -> None:
    def halved(t: Tensor, y: Tensor) -> Tensor:
        value = y.sub_(0.5)
        return value[..., 0] if per_sample else value[0, 0]

    y0 = Y0.clone()
    with pytest.raises(ValueError, match="An event's condition must leave y as it is"):
        solve(field, y0, TS, events=halved, per_sample=per_sample)
    assert torch.equal(y0, Y0)


def test_errors_of_a_field_are_its_own() -> None:
    def broken(t: Tensor, y: Tensor) -> Tensor:
        return y @ torch.ones(3, 3, dtype=torch.float64)

    with pytest.raises(RuntimeError, match="mat1 and mat2 shapes cannot be multiplied"):
        solve(broken, Y0.clone().requires_grad_(), TS)


def test_solves_go_on_in_inference_mode_where_changes_are_not_counted() -> None:
    with torch.inference_mode():
        assert solve(field, torch.ones(2, 2, dtype=torch.float64), TS).status.ok


def test_a_controller_with_impossible_bounds_is_refused() -> None:
    with pytest.raises(ValueError, match="0 < min_factor < 1 < max_factor"):
        PIDController(min_factor=2.0)


def test_names_that_solver_does_not_have_are_attribute_errors() -> None:
    import solver

    with pytest.raises(AttributeError, match="no attribute 'slove'"):
        solver.slove  # noqa: B018
    assert "solve" in dir(solver)


def test_every_public_name_is_there_and_announced_to_people_and_to_type_checkers() -> None:
    import solver

    everything: dict[str, Any] = {}
    exec("from solver import *", everything)
    assert set(solver.__all__) == everything.keys() - {"__builtins__"} == set(dir(solver))
    assert everything["solve"] is solve
    (checked,) = (node for node in ast.parse(inspect.getsource(solver)).body if isinstance(node, ast.If))
    seen = {name.name for node in checked.body if isinstance(node, ast.ImportFrom) for name in node.names}
    assert seen == set(solver.__all__)
