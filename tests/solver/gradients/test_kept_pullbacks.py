"""Pullbacks that checkpointed keeps of fields that differentiate themselves: the same gradient for less work."""

from __future__ import annotations

import gc
import weakref
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor

from solver import Solution, solve
from solver.field import Gradients, Pullback
from solver.gradients.checkpointed import Checkpointed
from solver.gradients.held import bytes_held

TIMES = torch.tensor([0.0, 0.0, 0.07, 0.4, 0.45, 0.45, 1.0], dtype=torch.float64)
ENDS = TIMES[[0, -1]]
START = torch.linspace(-1.0, 1.0, 200, dtype=torch.float64).view(100, 2)
"""Too many rows for all steps to be pulled back at once."""
AGAIN = Checkpointed(graph_bytes=0)
METHODS = ["dopri5", "tsit5", "bosh3", "dop853", "rk4", "euler"]


class Bending(torch.nn.Module):
    """dy/dt = tanh(W y), by hand. `outputs` are what it linearised to, `called` which pullbacks were called."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor([[0.3, -2.0], [1.5, -0.4]], dtype=torch.float64))
        self.outputs: list[weakref.ref[Tensor]] = []
        self.called: list[int] = []

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        return torch.tanh(y @ self.weight.t())

    def evaluate(self, t: float, y: Tensor) -> Tensor:
        return torch.tanh(y @ self.weight.detach().t())

    def linearise(self, t: float, y: Tensor) -> tuple[Tensor, Pullback]:
        dy = self.evaluate(t, y)
        kept = dy.clone()
        self.outputs.append(weakref.ref(kept))
        return dy, partial(self._pull_back, len(self.outputs), y, kept)

    def _pull_back(self, place: int, y: Tensor, dy: Tensor, cotangent: Tensor) -> Gradients:
        self.called.append(place)
        inside = cotangent * (1 - dy * dy)
        return Gradients(None, inside @ self.weight.detach(), (inside.t() @ y,))


def graded(gradient: Checkpointed, ts: Tensor = TIMES, **how: Any) -> tuple[Tensor, Solution]:
    """The gradient of a loss in y0 and the weight, flat."""
    field, y0 = Bending(), START.clone().requires_grad_()
    solution = solve(field, y0, ts, gradient=gradient, **{"rtol": 1e-5, "atol": 1e-5, "dt": 0.06, **how})
    found = torch.autograd.grad((solution.ys**3).sum(), (y0, field.weight))
    assert len(field.called) == len({*field.called})
    return torch.cat([each.flatten() for each in found]), solution


@pytest.mark.parametrize("ts", [TIMES, 1 - TIMES, ENDS], ids=["rising", "falling", "ends only"])
@pytest.mark.parametrize("method", METHODS)
def test_the_gradient_is_the_same_bit_by_bit_with_and_without_kept_pullbacks(method: str, ts: Tensor) -> None:
    kept, solution = graded(Checkpointed(), ts, method=method)
    again, usual = graded(AGAIN, ts, method=method)
    assert solution.stats.kept > 0
    assert torch.equal(kept, again)
    assert solution.stats.nfe_backward + solution.stats.kept == usual.stats.nfe_backward


@pytest.mark.parametrize("method", METHODS)
def test_where_all_pullbacks_are_kept_the_backward_pass_evaluates_nothing_again(method: str) -> None:
    field = Bending()
    solution = solve(field, START, ENDS, method=method, dt=0.06)
    before = len(field.outputs)
    solution.ys[-1].sum().backward()
    assert len(field.outputs) == before
    assert solution.stats.nfe_backward == 0
    assert 0 < solution.stats.kept <= solution.stats.nfe_forward


@pytest.mark.parametrize("part", [0.01, 0.3, 0.6, 0.99])
@pytest.mark.parametrize("method", ["dopri5", "dop853", "rk4"])
def test_no_more_bytes_are_kept_than_allowed_and_the_rest_is_evaluated_again(method: str, part: float) -> None:
    every, unlimited = graded(Checkpointed(), method=method, dt=0.02)
    budget = int(part * unlimited.stats.kept_bytes)
    some, limited = graded(Checkpointed(graph_bytes=budget), method=method, dt=0.02)
    assert torch.equal(some, every)
    assert limited.stats.kept_bytes <= budget
    assert limited.stats.nfe_backward > unlimited.stats.nfe_backward


def test_rejected_steps_keep_no_pullbacks() -> None:
    field = Bending()
    solution = solve(field, 3 * START, ENDS, rtol=1e-9, atol=1e-9, dt=0.9)
    gc.collect()
    alive = sum(output() is not None for output in field.outputs)
    assert solution.stats.rejected > 0
    assert solution.stats.kept == 6 * solution.stats.accepted
    assert alive <= solution.stats.kept + 1


def test_pullbacks_are_let_go_as_they_are_called_and_a_second_backward_pass_evaluates_again() -> None:
    field = Bending()
    solution = solve(field, START, ENDS, rtol=1e-6)
    loss = solution.ys.square().sum()
    (first,) = torch.autograd.grad(loss, field.weight, retain_graph=True)
    assert not any(output() is not None for output in field.outputs)
    (second,) = torch.autograd.grad(loss, field.weight)
    assert torch.equal(first, second)
    assert solution.stats.nfe_backward == 6 * solution.stats.accepted


def test_what_was_kept_is_let_go_with_the_solution_and_waits_for_no_collection_of_garbage() -> None:
    field = Bending()
    gc.disable()
    try:
        solution = solve(field, START, TIMES)
        assert any(output() is not None for output in field.outputs)
        del solution
        assert not any(output() is not None for output in field.outputs)
    finally:
        gc.enable()


def test_nothing_is_kept_where_no_gradient_is_asked_for() -> None:
    field = Bending()
    with torch.no_grad():
        assert solve(field, START, TIMES).stats.kept == 0
    assert not field.outputs


def test_a_start_that_the_caller_changes_does_no_harm() -> None:
    found = []
    for change in (0.0, 5.0):
        field, y0 = Bending(), START.clone()
        ys = solve(field, y0, TIMES).ys
        y0.add_(change)
        found.append(torch.autograd.grad(ys.square().sum(), field.weight)[0])
    assert torch.equal(*found)


def test_the_bytes_that_a_pullback_holds_are_those_of_the_tensors_that_it_reaches() -> None:
    field, y, other = Bending(), torch.zeros(10, 2, dtype=torch.float64), torch.zeros(7, dtype=torch.float64)
    weight = field.weight
    size = y.numel() * y.element_size()
    assert bytes_held(partial(field._pull_back, 0, y, y), field, [weight]) == size
    assert bytes_held(lambda cotangent: (cotangent, y, weight), field, [weight]) == size
    assert bytes_held(partial(print, {"one": [y], "two": (other,)}), field, [weight]) == size + 7 * 8
    graph = torch.tanh(y @ weight.t())
    assert bytes_held(lambda cotangent: graph * cotangent, field, [weight]) == 2 * size  # what tanh gave, and y
