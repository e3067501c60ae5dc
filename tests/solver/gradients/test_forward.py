"""Forward sensitivities: tangents that make the very steps of the state."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from solver import METHODS, solve
from solver.gradient_modes import MOST_DIRECTIONS
from solver.method import ImplicitRungeKutta, Method
from solver.methods.kvaerno3 import KVAERNO3
from solver.methods.radau5 import RADAU5
from tests.problems import STARTS, Perceptron
from tests.solver.gradients.weighed import TIMES, by_name, flat, gradients

EXPLICIT = [method for method in METHODS if not isinstance(method, ImplicitRungeKutta)]


@pytest.mark.parametrize("ts", [TIMES, 1 - TIMES, TIMES[[0, -1]]], ids=["rising", "falling", "ends only"])
@pytest.mark.parametrize("method", EXPLICIT, ids=by_name)
def test_tangents_make_the_very_steps_of_the_state(method: Method, ts: Tensor) -> None:
    how = {"method": method, "rtol": 1e-5, "atol": 1e-5, "dt": 0.06}
    direct, plain = gradients(Perceptron(), ts, gradient="direct", **how)
    forward, pushed = gradients(Perceptron(), ts, gradient="forward", **how)
    assert (forward - direct).abs().max() < 1e-12 * max(1.0, float(direct.abs().max()))
    assert [step[:2] for step in pushed.stats.steps] == [step[:2] for step in plain.stats.steps]


@pytest.mark.parametrize("method", [KVAERNO3, RADAU5], ids=by_name)
def test_tangents_of_fixed_implicit_steps_are_those_of_the_discrete_solve(method: Method) -> None:
    how = {"method": method, "controller": "fixed", "dt": 0.06}
    expected, _ = gradients(Perceptron(), TIMES, gradient="checkpointed", **how)
    found, _ = gradients(Perceptron(), TIMES, gradient="forward", **how)
    assert (found - expected).abs().max() < 1e-9


def test_forward_goes_back_without_an_evaluation() -> None:
    solution = solve(Perceptron(), STARTS.clone().requires_grad_(), TIMES, gradient="forward")
    solution.ys.square().sum().backward()
    assert solution.stats.nfe_backward == 0
    assert solution.stats.backward_status is None


def test_rows_that_go_by_themselves_share_directions() -> None:
    many = STARTS.repeat(1 + MOST_DIRECTIONS // STARTS.numel(), 1)
    found = []
    for mode in ("checkpointed", "forward"):
        y0 = many.clone().requires_grad_()
        solution = solve(Perceptron(), y0, TIMES, gradient=mode, rowwise=True)
        found.append(flat(torch.autograd.grad(solution.ys.square().sum(), y0)))
    assert (found[0] - found[1]).abs().max() < 1e-12
    with pytest.raises(ValueError, match=f"here {many.numel()}; {MOST_DIRECTIONS} is the most.*rowwise=True"):
        solve(Perceptron(), many.clone().requires_grad_(), TIMES, gradient="forward")


def test_forward_needs_a_field_that_can_be_called() -> None:
    class Uncallable:
        def evaluate(self, t: float, y: Tensor) -> Tensor:
            return -y

        def linearise(self, t: float, y: Tensor) -> object:
            raise NotImplementedError

        def parameters(self) -> tuple[Tensor, ...]:
            return ()

    with pytest.raises(ValueError, match=r"make it callable as field\(t, y\)"):
        solve(Uncallable(), STARTS.clone().requires_grad_(), TIMES, gradient="forward")


def test_forward_leaves_alone_what_the_field_does_not_depend_on() -> None:
    unused = torch.nn.Parameter(torch.ones(2, dtype=torch.float64))
    for field in (lambda t, y: torch.ones_like(y), lambda t, y: y * t):
        y0 = STARTS.clone().requires_grad_()
        solution = solve(field, y0, TIMES, gradient="forward", parameters=[unused])
        in_y0, in_unused = torch.autograd.grad(solution.ys[-1].sum(), (y0, unused), allow_unused=True)
        assert torch.equal(in_unused, torch.zeros(2, dtype=torch.float64))
        assert in_y0.abs().min() >= 1.0
