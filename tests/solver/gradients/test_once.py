"""Gradients that exist once only say so, whatever they are differentiated by the second time."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import functional

from solver import GRADIENT_MODES, solve
from tests.problems import STARTS, Perceptron
from tests.solver.gradients.weighed import TIMES

ONCE = [mode.name for mode in GRADIENT_MODES if mode.name != "direct"]
WAYS: dict[str, dict[str, Any]] = {
    **{mode: {"gradient": mode} for mode in ONCE if mode != "reversible"},
    "reversible": {"gradient": "reversible", "method": "alf"},
    "in pieces": {"jump_times": (0.3,)},
    "rowwise": {"rowwise": True},
    "implicit": {"method": "kvaerno3"},
    "dense": {"dense": True},
    "per sample": {"per_sample": True},
    "per sample in pieces": {"per_sample": True, "jump_times": (0.3,)},
}
Loss = Callable[[Tensor], Tensor]
LOSSES: tuple[Loss, ...] = (lambda ys: ys.sum(), lambda ys: ys.pow(3).sum())
"""The cotangents of the second depend on the states, those of the first on nothing."""


class Solve:
    """A solve of a network, and what its gradients are taken by."""

    def __init__(self, moving_times: bool, **how: Any) -> None:
        self.field = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 2)).double()
        self.y0, self.ts = STARTS.clone().requires_grad_(), TIMES.clone().requires_grad_(moving_times)
        how = {"rtol": 1e-3, "atol": 1e-3, "parameters": self.field.parameters(), **how}
        self.solution = solve(lambda t, y: self.field(y), self.y0, self.ts, **how)

    def by(self) -> dict[str, Tensor]:
        found = {"y0": self.y0, "parameters": next(self.field.parameters())}
        return {**found, "ts": self.ts} if self.ts.requires_grad else found

    def first(self, name: str, loss: Loss) -> Tensor:
        (found,) = torch.autograd.grad(loss(self.solution.ys), self.by()[name], create_graph=True)
        return found.sum()


@pytest.mark.parametrize("moving_times", [False, True], ids=["fixed times", "moving times"])
@pytest.mark.parametrize("way", WAYS)
def test_second_derivatives_are_refused_by_anything(way: str, moving_times: bool) -> None:
    case = Solve(moving_times, **WAYS[way])
    for once, loss in product(case.by(), LOSSES):
        first = case.first(once, loss)
        for twice in case.by().values():
            with pytest.raises(RuntimeError, match='Use gradient="direct"|gradient="direct" for second'):
                torch.autograd.grad(first, twice, retain_graph=True)


@pytest.mark.parametrize("how", [{}, {"per_sample": True}, {"jump_times": (0.3,)}], ids=["together", "each", "pieces"])
def test_direct_refuses_those_in_times_alone(how: dict[str, Any]) -> None:
    case = Solve(True, gradient="direct", **how)
    for once, loss in product(case.by(), LOSSES):
        first = case.first(once, loss)
        for name, twice in case.by().items():
            if "ts" in (once, name):
                with pytest.raises(RuntimeError, match=r"ts.detach\(\)"):
                    torch.autograd.grad(first, twice, retain_graph=True)
            else:
                assert torch.autograd.grad(first, twice, retain_graph=True)[0].isfinite().all()


@pytest.mark.parametrize("per_sample", [False, True], ids=["together", "each"])
def test_those_of_events_are_refused(per_sample: bool) -> None:
    y0 = torch.tensor([[1.0, 0.5]], dtype=torch.float64, requires_grad=True)

    def falls_to_a_half(t: Tensor, y: Tensor) -> Tensor:
        return y[..., 0] - 0.5

    solution = solve(lambda t, y: -y, y0, TIMES, events=falls_to_a_half, gradient="direct", per_sample=per_sample)
    event = solution.samples.events if solution.samples else solution.events[0]
    assert event is not None
    for value in (event.t, event.y):
        (first,) = torch.autograd.grad(value.sum(), y0, create_graph=True)
        with pytest.raises(RuntimeError, match="of events do not exist"):
            torch.autograd.grad(first.sum(), y0, retain_graph=True)


@pytest.mark.parametrize("gradient", ["checkpointed", "backsolve"])
def test_functional_derivatives_of_second_order_are_refused(gradient: str) -> None:
    field, y0 = Perceptron(), STARTS.clone()

    def loss(start: Tensor) -> Tensor:
        return solve(field, start, TIMES, gradient=gradient).ys[-1].sum()

    with pytest.raises(RuntimeError, match="Second derivatives"):
        functional.hessian(loss, y0)
    for taken in (functional.hvp, functional.vhp, functional.jvp):  # jvp pulls its pullback back
        with pytest.raises(RuntimeError, match="Second derivatives"):
            taken(loss, y0, torch.ones_like(y0))
    assert functional.jacobian(loss, y0, create_graph=True).shape == y0.shape


@pytest.mark.parametrize("way", WAYS)
def test_gradients_with_a_graph_are_those_without_and_may_be_written_to(way: str) -> None:
    case = Solve(True, **WAYS[way])
    loss, by = case.solution.ys.pow(2).sum(), tuple(case.by().values())
    plain = torch.autograd.grad(loss, by, retain_graph=True)
    graphed = torch.autograd.grad(loss, by, create_graph=True)
    assert all(map(torch.equal, plain, graphed))
    for gradient in graphed:
        gradient.div_(2.0)


def test_second_derivatives_by_something_else_go_on_working() -> None:
    case, weight = Solve(False), torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    first = case.first("y0", LOSSES[1])
    assert torch.autograd.grad(weight * first, weight)[0] == first
