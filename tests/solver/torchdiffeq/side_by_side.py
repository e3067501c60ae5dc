"""The two libraries under one test: fields that count, and what it is for two answers to agree."""

from __future__ import annotations

from typing import Any

import torch
import torchdiffeq as theirs
from torch import Tensor, nn

import solver.torchdiffeq as ours

LIBRARIES = [theirs, ours]


def ts(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


Y0 = torch.tensor([[1.0, 0.0], [0.5, -1.0]], dtype=torch.float64)
T = torch.linspace(0, 2, 7, dtype=torch.float64)


class Field(nn.Module):
    """A small network that depends on time, counts its evaluations, and remembers their times."""

    def __init__(self, dtype: torch.dtype = torch.float64) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.first = nn.Parameter(torch.randn(2, 8, generator=generator, dtype=dtype))
        self.second = nn.Parameter(torch.randn(8, 2, generator=generator, dtype=dtype) / 3)
        self.nfe = 0
        self.times: list[float] = []

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        self.nfe += 1
        self.times.append(t.item())
        return torch.tanh(y @ self.first) @ self.second + torch.sin(2 * t) * y


class Pair(nn.Module):
    """A field of tuples of different shapes."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = Field()

    def forward(self, t: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        y, total = state
        return self.inner(t, y), (y * y).sum() + 0 * total


def gradients(answer: Any, field: nn.Module, *inputs: Tensor) -> list[Tensor]:
    parts = answer if isinstance(answer, tuple) else (answer,)
    loss = sum(
        (part.abs() ** 2 * torch.arange(1, len(part) + 1).view(-1, *[1] * (part.dim() - 1))).sum() for part in parts
    )
    return list(torch.autograd.grad(loss, (*inputs, *field.parameters())))


def close(a: Any, b: Any, tolerance: float = 1e-6) -> bool:
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(close(x, y, tolerance) for x, y in zip(a, b, strict=True))
    return a.shape == b.shape and a.dtype == b.dtype and torch.allclose(a, b, rtol=tolerance, atol=tolerance)


def solved(library: Any, adjoint: bool, **how: Any) -> tuple[list[Tensor], int]:
    """The answer, its gradients to y0, t and the parameters, and the evaluations that it took."""
    field, y0, t = Field(), Y0.clone().requires_grad_(), T.clone().requires_grad_()
    ys = (library.odeint_adjoint if adjoint else library.odeint)(field, y0, t, **how)
    nfe = field.nfe
    return [ys, *gradients(ys, field, y0, t)], nfe
