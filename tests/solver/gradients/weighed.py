"""What gradients are compared by: all those of a weighted sum of saved states, flat, at times that repeat."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from solver import Gradients, Solution, solve
from solver.method import Method
from tests.problems import STARTS

TIMES = torch.tensor([0.0, 0.0, 0.07, 0.4, 0.45, 0.45, 1.0], dtype=torch.float64)


class AnalyticLinear(torch.nn.Module):
    """y' = (1 + t²) y Aᵀ, which knows its own derivative."""

    def __init__(self) -> None:
        super().__init__()
        self.matrix = torch.nn.Parameter(torch.tensor([[-0.3, 1.1], [-0.9, -0.2]], dtype=torch.float64))
        self.pullbacks = 0

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        return (1 + t * t) * (y @ self.matrix.t())

    def evaluate(self, t: float, y: Tensor) -> Tensor:
        assert not torch.is_grad_enabled() or not y.requires_grad
        return (1 + t * t) * (y @ self.matrix.detach().t())

    def linearise(self, t: float, y: Tensor) -> tuple[Tensor, Callable[[Tensor], Gradients]]:
        def pullback(cotangent: Tensor) -> Gradients:
            self.pullbacks += 1
            scaled = (1 + t * t) * cotangent
            return Gradients(None, scaled @ self.matrix.detach(), (scaled.t() @ y,))

        return self.evaluate(t, y), pullback


def weights(count: int) -> Tensor:
    """Fixed cotangents of `count` saved states."""
    return torch.randn(count, *STARTS.shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64)


def gradients(field: torch.nn.Module, ts: Tensor, **how: object) -> tuple[Tensor, Solution]:
    """All gradients of a weighted sum of the saved states, flat: of y0, ts and the parameters."""
    y0, ts = STARTS.clone().requires_grad_(), ts.clone().requires_grad_()
    solution = solve(field, y0, ts, **how)
    assert solution.status.ok
    loss = (solution.ys * weights(len(ts))).sum()
    return flat(torch.autograd.grad(loss, (y0, ts, *field.parameters()))), solution


def flat(tensors: tuple[Tensor, ...]) -> Tensor:
    return torch.cat([tensor.flatten() for tensor in tensors])


def by_name(method: Method) -> str:
    return method.name
