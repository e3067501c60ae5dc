"""Fields whose solutions are known in closed form, with states (batch, 2) or (batch, 3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class KnownProblem:
    """A field, a start, and exact(ts) -> (times, *y0.shape), the solution that starts there at t = 0."""

    name: str
    field: Callable[[Tensor, Tensor], Tensor]
    y0: Tensor
    exact: Callable[[Tensor], Tensor]


SPIRAL = torch.tensor([[-0.1, 2.0], [-2.0, -0.1]], dtype=torch.float64)
STARTS = torch.tensor([[1.4, 0.0], [0.6, 0.5], [-0.4, 0.3]], dtype=torch.float64)
ATTRACTION = 0.5


def modulated(t: Tensor, y: Tensor) -> Tensor:
    """y' = cos(t) A y, a linear field that depends on time."""
    return torch.cos(t) * (y @ SPIRAL.to(y))


def modulated_exact(ts: Tensor) -> Tensor:
    # exp(sA) with s = sin t and A = -0.1 + 2J turns by 2s and shrinks by exp(-0.1 s)
    s = torch.sin(ts)[:, None]
    return torch.exp(-0.1 * s)[..., None] * torch.stack(_turned(*STARTS.to(ts).unbind(-1), 2 * s), -1)


def limit_cycle(t: Tensor, y: Tensor) -> Tensor:
    """Hopf's normal form, nonlinear and autonomous: r' = r (1 - r²) / 2, angle' = 1."""
    turned = torch.stack((-y[..., 1], y[..., 0]), -1)
    return ATTRACTION * y * (1 - y.square().sum(-1, keepdim=True)) + turned


def limit_cycle_exact(ts: Tensor) -> Tensor:
    starts = STARTS.to(ts)
    radius2 = starts.square().sum(-1)
    radius = 1 / torch.sqrt(1 + (1 / radius2 - 1) * torch.exp(-2 * ATTRACTION * ts)[:, None])
    angle = torch.atan2(starts[:, 1], starts[:, 0]) + ts[:, None]
    return radius[..., None] * torch.stack((torch.cos(angle), torch.sin(angle)), -1)


def clocked(t: Tensor, y: Tensor) -> Tensor:
    """The modulated field with time as a third entry of the state: autonomous, and nonlinear."""
    return torch.cat((torch.cos(y[..., 2:]) * (y[..., :2] @ SPIRAL.to(y)), torch.ones_like(y[..., 2:])), -1)


def clocked_exact(ts: Tensor) -> Tensor:
    clock = ts[:, None, None].expand(-1, len(STARTS), 1)
    return torch.cat((modulated_exact(ts), clock), -1)


def _turned(x: Tensor, y: Tensor, angle: Tensor) -> tuple[Tensor, Tensor]:
    return x * torch.cos(angle) - y * torch.sin(angle), x * torch.sin(angle) + y * torch.cos(angle)


MODULATED = KnownProblem("modulated linear", modulated, STARTS, modulated_exact)
LIMIT_CYCLE = KnownProblem("limit cycle", limit_cycle, STARTS, limit_cycle_exact)
CLOCKED = KnownProblem("clocked", clocked, torch.cat((STARTS, torch.zeros_like(STARTS[:, :1])), -1), clocked_exact)
KNOWN_PROBLEMS = (MODULATED, LIMIT_CYCLE, CLOCKED)


class Linear(torch.nn.Module):
    """y' = y Aᵀ with A a parameter: y(t) = y0 exp(A (t - t0))ᵀ, differentiable in closed form."""

    def __init__(self) -> None:
        super().__init__()
        self.matrix = torch.nn.Parameter(torch.tensor([[-0.3, 1.1], [-0.9, -0.2]], dtype=torch.float64))

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        return y @ self.matrix.t()

    def exact(self, y0: Tensor, ts: Tensor) -> Tensor:
        """The solution at `ts`, differentiable in y0, ts and the matrix."""
        return torch.stack([y0 @ torch.linalg.matrix_exp(self.matrix * (t - ts[0])).t() for t in ts])


class Perceptron(torch.nn.Module):
    """A small smooth network of t and y, in float64."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.inner = torch.nn.Linear(3, width, dtype=torch.float64)
        self.outer = torch.nn.Linear(width, 2, dtype=torch.float64)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(0.6 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64))

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        time = t.expand(*y.shape[:-1], 1)
        return self.outer(torch.tanh(self.inner(torch.cat((y, time), -1))))
