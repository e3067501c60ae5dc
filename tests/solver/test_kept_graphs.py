"""Graphs that checkpointed keeps from the forward pass: the same gradient for less work, within a budget of memory."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref

import pytest
import torch
from torch import Tensor

from solver import Solution, solve
from solver.gradients.checkpointed import Checkpointed
from solver.gradients.graph import bytes_behind
from tests.problems import STARTS, Perceptron

TIMES = torch.tensor([0.0, 0.0, 0.07, 0.4, 0.45, 0.45, 1.0], dtype=torch.float64)
AGAIN = Checkpointed(graph_bytes=0)
METHODS = ["dopri5", "tsit5", "bosh3", "dop853", "rk4", "euler"]


def graded(
    field: torch.nn.Module, gradient: Checkpointed, ts: Tensor = TIMES, **how: object
) -> tuple[Tensor, Solution]:
    """The gradient of a loss in y0 and the parameters, flat."""
    y0 = STARTS.clone().requires_grad_()
    solution = solve(field, y0, ts, gradient=gradient, **{"rtol": 1e-5, "atol": 1e-5, "dt": 0.06, **how})
    found = torch.autograd.grad((solution.ys**3).sum(), (y0, *field.parameters()))
    return torch.cat([each.flatten() for each in found]), solution


@pytest.mark.parametrize("ts", [TIMES, 1 - TIMES, TIMES[[0, -1]]], ids=["rising", "falling", "ends only"])
@pytest.mark.parametrize("method", METHODS)
def test_the_gradient_is_the_same_bit_by_bit_with_and_without_kept_graphs(method: str, ts: Tensor) -> None:
    kept, solution = graded(Perceptron(), Checkpointed(), ts, method=method)
    again, _ = graded(Perceptron(), AGAIN, ts, method=method)
    assert solution.stats.kept > 0
    assert torch.equal(kept, again)


@pytest.mark.parametrize("method", METHODS)
def test_where_all_graphs_are_kept_the_backward_pass_evaluates_nothing_again(method: str) -> None:
    field, calls = Perceptron(), []
    field.register_forward_hook(lambda *_: calls.append(1))
    solution = solve(field, STARTS, TIMES[[0, -1]], method=method, dt=0.06)
    calls.clear()
    solution.ys[-1].sum().backward()
    assert not calls
    assert solution.stats.nfe_backward == 0
    assert 0 < solution.stats.kept <= solution.stats.nfe_forward


@pytest.mark.parametrize("part", [0.01, 0.3, 0.6, 0.99])
@pytest.mark.parametrize("method", ["dopri5", "dop853", "rk4"])
def test_no_more_bytes_are_kept_than_allowed_and_the_rest_is_evaluated_again(method: str, part: float) -> None:
    every, unlimited = graded(Perceptron(), Checkpointed(), method=method, dt=0.02)
    budget = int(part * unlimited.stats.kept_bytes)
    some, limited = graded(Perceptron(), Checkpointed(graph_bytes=budget), method=method, dt=0.02)
    assert torch.equal(some, every)
    assert limited.stats.kept_bytes <= budget
    assert limited.stats.nfe_backward > unlimited.stats.nfe_backward


def test_the_budget_is_one_for_all_pieces_of_a_solve() -> None:
    how = {"jump_times": [0.3, 0.6, 0.8], "gradient": Checkpointed(graph_bytes=30_000)}
    solution = solve(Perceptron(), STARTS, TIMES, rtol=1e-8, **how)
    assert 15_000 < solution.stats.kept_bytes <= 30_000


def test_rejected_steps_keep_no_graphs() -> None:
    outputs: list[weakref.ref[Tensor]] = []
    field = Perceptron()
    field.register_forward_hook(lambda _, __, dy: outputs.append(weakref.ref(dy)))
    solution = solve(field, 3 * STARTS, TIMES[[0, -1]], rtol=1e-9, atol=1e-9, dt=0.9)
    gc.collect()
    alive = sum(output() is not None for output in outputs)
    assert solution.stats.rejected > 0
    assert solution.stats.kept == 6 * solution.stats.accepted
    assert alive <= solution.stats.kept + 1


def test_graphs_are_let_go_by_the_backward_pass_and_a_second_one_evaluates_again() -> None:
    field = Perceptron()
    solution = solve(field, STARTS, TIMES, rtol=1e-6)
    loss = solution.ys.square().sum()
    first = torch.autograd.grad(loss, tuple(field.parameters()), retain_graph=True)
    after_first = solution.stats.nfe_backward
    second = torch.autograd.grad(loss, tuple(field.parameters()))
    assert all(map(torch.equal, first, second))
    assert after_first <= 1
    assert solution.stats.nfe_backward - after_first >= 6 * solution.stats.accepted


def test_nothing_is_kept_where_no_gradient_is_asked_for() -> None:
    field = Perceptron()
    with torch.no_grad():
        assert solve(field, STARTS, TIMES).stats.kept == 0
    field.requires_grad_(False)
    assert solve(field, STARTS, TIMES).stats.kept == 0


@pytest.mark.parametrize("budget", [0, 10_000])
def test_a_field_may_be_constant_for_a_while(budget: int) -> None:
    rate, found = torch.tensor(0.7, dtype=torch.float64, requires_grad=True), []

    def field(t: Tensor, y: Tensor) -> Tensor:
        return rate * y if t < 0.5 else torch.full_like(y, 0.3)

    for gradient in (Checkpointed(graph_bytes=budget), "direct"):
        how = {"method": "rk4", "dt": 0.11, "gradient": gradient, "parameters": [rate]}
        found.append(torch.autograd.grad(solve(field, STARTS, TIMES, **how).ys.square().sum(), rate))
    torch.testing.assert_close(*found)


def test_a_field_may_differentiate_inside_by_torch_func() -> None:
    field = Perceptron()

    def with_divergence(t: Tensor, y: Tensor) -> Tensor:
        jacobians = torch.func.vmap(torch.func.jacrev(lambda row: field(t, row)))(y)
        return field(t, y) + 0.1 * jacobians.diagonal(dim1=-2, dim2=-1).sum(-1, keepdim=True)

    found = []
    for gradient in (Checkpointed(), "direct"):
        solution = solve(with_divergence, STARTS, TIMES, gradient=gradient, parameters=tuple(field.parameters()))
        solution.ys.square().sum().backward()
        found.append(torch.cat([parameter.grad.flatten() for parameter in field.parameters()]))
        field.zero_grad()
    torch.testing.assert_close(*found)


def test_the_bytes_behind_a_result_are_those_that_its_graph_saved() -> None:
    weight, y = torch.randn(8, 8, requires_grad=True), torch.randn(100, 8, requires_grad=True)
    row = y.numel() * y.element_size()
    assert bytes_behind(torch.tanh(y @ weight.t()), [weight]) == 2 * row  # what tanh gave, and y
    assert bytes_behind(torch.tanh(y @ weight.t()), [weight, y]) == row
    assert bytes_behind(y + 1.0, [weight]) == 2 * row  # the sum, and the leaf


@pytest.mark.slow
@pytest.mark.parametrize("rowwise", [False, True])
def test_the_first_gradient_of_all_does_not_wait_for_sympy(rowwise: bool) -> None:
    code = f"""
import sys, torch
from solver import solve
field = torch.nn.Linear(2, 2)
call = lambda t, y: field(y)
start, times = torch.randn(5, 2), torch.tensor([0.0, 1.0])
solve(call, start, times, rowwise={rowwise}, parameters=tuple(field.parameters())).ys.square().sum().backward()
assert field.weight.grad.norm() > 0
sys.exit("sympy" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
