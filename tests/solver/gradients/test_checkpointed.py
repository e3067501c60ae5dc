"""The checkpointed gradient: that of the discrete solve, step by step and all steps at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from solver import METHODS, solve
from solver.gradients.checkpointed import Checkpointed
from solver.method import Method
from tests.problems import STARTS, Linear, Perceptron
from tests.solver.gradients.weighed import TIMES, AnalyticLinear, by_name, gradients

ADAPTIVE = [method for method in METHODS if method.adaptive]


@pytest.mark.parametrize("ts", [TIMES, 1 - TIMES, TIMES[[0, -1]]], ids=["rising", "falling", "ends only"])
@pytest.mark.parametrize("make_field", [Perceptron, AnalyticLinear])
@pytest.mark.parametrize("method", METHODS, ids=by_name)
def test_checkpointed_equals_direct_to_1e12(
    method: Method, make_field: Callable[[], torch.nn.Module], ts: Tensor
) -> None:
    field = make_field()
    how = {"method": method, "rtol": 1e-5, "atol": 1e-5, "dt": 0.06}
    direct, _ = gradients(field, ts, gradient="direct", **how)
    checkpointed, _ = gradients(field, ts, gradient="checkpointed", **how)
    assert (checkpointed - direct).abs().max() < 1e-12 * max(1.0, float(direct.abs().max()))


@pytest.mark.parametrize("method", ADAPTIVE, ids=by_name)
def test_checkpointed_equals_direct_with_fixed_steps_of_an_adaptive_method(method: Method) -> None:
    how = {"method": method, "controller": "fixed", "dt": 0.06}
    direct, _ = gradients(Perceptron(), TIMES, gradient="direct", **how)
    checkpointed, _ = gradients(Perceptron(), TIMES, gradient="checkpointed", **how)
    assert (checkpointed - direct).abs().max() < 1e-12


@pytest.mark.parametrize("method", ["bosh3", "dopri5", "tsit5", "dop853", "rk4", "ab4"])
def test_gradcheck_accepts_the_checkpointed_gradient(method: str) -> None:
    field = Perceptron(3)

    def states(y0: Tensor, *_: Tensor) -> Tensor:
        return solve(field, y0, TIMES, method=method, controller="fixed", dt=0.1).ys

    assert torch.autograd.gradcheck(states, (STARTS.clone().requires_grad_(), *field.parameters()))


@pytest.mark.parametrize(
    ("method", "stages"), [("dopri5", 6), ("tsit5", 6), ("bosh3", 3), ("dop853", 12), ("rk4", 4), ("euler", 1)]
)
def test_checkpointed_evaluates_only_the_stages_that_advance(method: str, stages: int) -> None:
    again = Checkpointed(graph_bytes=0)
    solution = solve(Perceptron(), STARTS, TIMES[[0, -1]], method=method, dt=0.1, gradient=again)
    solution.ys.sum().backward()
    assert solution.stats.nfe_backward == stages * solution.stats.accepted


def test_states_saved_inside_steps_cost_the_checkpointed_gradient_nothing() -> None:
    solution = solve(Perceptron(), STARTS, torch.cat((TIMES[:-1], TIMES[-1:])), dt=0.3, controller="fixed")
    solution.ys.sum().backward()
    assert solution.stats.nfe_backward <= 6 * solution.stats.accepted + 1


def test_changing_the_start_after_the_solve_does_not_change_the_gradient() -> None:
    field, y0 = Perceptron(), STARTS.clone()
    solution = solve(field, y0, TIMES)
    y0.zero_()
    solution.ys.sum().backward()
    found = field.inner.weight.grad.clone()
    field.zero_grad()
    solve(field, STARTS, TIMES).ys.sum().backward()
    assert torch.equal(found, field.inner.weight.grad)


@pytest.mark.parametrize("ts", [TIMES, 1 - TIMES, TIMES[[0, -1]]], ids=["rising", "falling", "ends only"])
@pytest.mark.parametrize("method", METHODS, ids=by_name)
def test_all_steps_at_once_give_the_gradient_and_the_count_of_one_by_one(method: Method, ts: Tensor) -> None:
    how = {"method": method, "rtol": 1e-5, "atol": 1e-5, "dt": 0.06}
    one_by_one, plain = gradients(Perceptron(), ts, gradient=Checkpointed(graph_bytes=0), **how)
    at_once, parallel = gradients(Perceptron(), ts, rowwise=True, **how)
    assert (at_once - one_by_one).abs().max() < 1e-12
    assert parallel.stats.nfe_backward == plain.stats.nfe_backward


def test_all_steps_at_once_are_taken_in_parts_when_they_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    one_by_one, _ = gradients(Perceptron(), TIMES, rtol=1e-8)
    monkeypatch.setattr("solver.gradients.parallel_adjoint.ROWS_AT_ONCE", 40)
    at_once, _ = gradients(Perceptron(), TIMES, rtol=1e-8, rowwise=True)
    assert (at_once - one_by_one).abs().max() < 1e-12


def test_all_steps_at_once_call_the_field_a_few_times_only() -> None:
    field, calls = Perceptron(), []
    field.register_forward_hook(lambda *_: calls.append(1))
    solution = solve(field, STARTS, TIMES, rtol=1e-8, rowwise=True)
    calls.clear()
    solution.ys[-1].sum().backward()
    assert solution.stats.nfe_backward > 6 * 5
    assert len(calls) <= 2


def test_large_batches_are_pulled_back_step_by_step_even_when_rowwise() -> None:
    field, y0 = Perceptron(), STARTS.repeat(100, 1)
    found = []
    for rowwise in (False, True):
        solve(field, y0, TIMES, rowwise=rowwise).ys.square().sum().backward()
        found.append(field.inner.weight.grad.clone())
        field.zero_grad()
    assert torch.equal(*found)


@pytest.mark.parametrize("make_field", [Linear, Perceptron])
def test_rowwise_needs_neither_parameters_nor_time(make_field: Callable[[], torch.nn.Module]) -> None:
    field = make_field().requires_grad_(False)
    y0, expected = STARTS.clone().requires_grad_(), STARTS.clone().requires_grad_()
    solve(field, y0, TIMES, rowwise=True).ys.square().sum().backward()
    solve(field, expected, TIMES, gradient="direct").ys.square().sum().backward()
    assert torch.allclose(y0.grad, expected.grad, atol=1e-12)


def test_rowwise_allows_fields_that_ignore_the_state() -> None:
    y0 = STARTS.clone().requires_grad_()
    solve(lambda t, y: torch.ones_like(y), y0, TIMES, rowwise=True).ys.sum().backward()
    assert torch.allclose(y0.grad, torch.full_like(y0, len(TIMES)))
