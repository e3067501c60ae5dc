"""The same solve twice, resident and the usual way, and what they have to have in common."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from solver import Solution, resident, solve
from solver.field import Gradients, Pullback, RowLinearisation, RowwiseAutogradField
from tests.problems import STARTS, Perceptron


class Promised(torch.nn.Module):
    """A perceptron that differentiates itself, and promises that its evaluations may be replayed."""

    def __init__(self, device: str = "cpu") -> None:
        super().__init__()
        self.inner = Perceptron().to(device)

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        return self.inner(t, y)

    def evaluate(self, t: Tensor | float, y: Tensor) -> Tensor:
        with torch.no_grad():
            return self.inner(_as_time(t, y), y)

    def linearise(self, t: Tensor | float, y: Tensor) -> tuple[Tensor, Pullback]:
        with torch.enable_grad():
            y = y.detach().requires_grad_()
            dy = self.inner(_as_time(t, y), y)

        def pullback(cotangent: Tensor) -> Gradients:
            in_y, *rest = torch.autograd.grad(dy, (y, *self.parameters()), cotangent)
            return Gradients(None, in_y, tuple(rest))

        return dy.detach(), pullback

    def linearise_rows(self, t: Tensor, y: Tensor) -> RowLinearisation:
        return RowwiseAutogradField(self.inner, tuple(self.parameters()), y).linearise_rows(t, y)

    def repeats(self) -> object:
        return self


def _as_time(t: Tensor | float, y: Tensor) -> Tensor:
    return t if isinstance(t, Tensor) else torch.scalar_tensor(t, dtype=y.dtype, device=y.device)


class Solved(NamedTuple):
    """A solve, and the gradient of a weighted sum of its states in y0 and in the weights."""

    solution: Solution
    gradients: tuple[Tensor, ...]


class Both(NamedTuple):
    resident: Solved
    usual: Solved


def solved(field: torch.nn.Module, ts: Tensor, device: str, **options: Any) -> Solved:
    y0 = options.pop("y0", STARTS).to(device).clone().requires_grad_()
    solution = solve(field, y0, ts, **options)
    states = solution.ys[: solution.reached + 1]
    weights = torch.linspace(0.5, 1.5, states.numel(), dtype=y0.dtype, device=device)
    loss = (states * weights.view_as(states)).sum()
    sources = (y0, *field.parameters())
    return Solved(solution, torch.autograd.grad(loss, sources, materialize_grads=True))


def both(
    ts: Tensor,
    device: str = "cpu",
    field: torch.nn.Module | None = None,
    graphs: resident.Graphs = "none",
    repeats: int = 1,
    **options: Any,
) -> Both:
    """The last of some `repeats` of a resident solve, and the usual one."""
    field = Promised(device) if field is None else field
    resident.allow((device,), graphs)
    found = [solved(field, ts, device, **options) for _ in range(repeats)][-1]
    resident.allow(())
    return Both(found, solved(field, ts, device, **options))


def assert_same(found: Both, states: float = 1e-9, gradients: float = 1e-7) -> None:
    ours, theirs = found.resident.solution, found.usual.solution
    assert (ours.status, ours.reached) == (theirs.status, theirs.reached)
    assert ours.stats.nfe_forward == theirs.stats.nfe_forward
    assert ours.stats.nfe_backward == theirs.stats.nfe_backward + theirs.stats.kept  # the usual way keeps pullbacks
    assert [step.accepted for step in ours.stats.steps] == [step.accepted for step in theirs.stats.steps]
    # dt follows from a power of the error ratio, and that is a difference of stages: it rounds most
    for name, close in (("t", 1e-3), ("dt", 1e-3), ("error_ratio", 1e-2)):
        pair = [torch.tensor([getattr(step, name) for step in way.stats.steps]).double() for way in (ours, theirs)]
        torch.testing.assert_close(*pair, rtol=close, atol=1e-6, equal_nan=True)
    torch.testing.assert_close(ours.ys, theirs.ys, rtol=states, atol=states, equal_nan=True)
    for one, other in zip(found.resident.gradients, found.usual.gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=gradients, atol=gradients)
