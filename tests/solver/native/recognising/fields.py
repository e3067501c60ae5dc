"""Fields as people write them: plain torch, which knows nothing of nodeviz. Each is a network that the kernel has."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from solver.field import Field


class Demo(nn.Module):
    """As in the spiral demo of torchdiffeq."""

    def __init__(self, bend: nn.Module | None = None) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 11), nn.Tanh() if bend is None else bend, nn.Linear(11, 2))

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        return self.net(y**3)


class Layered(nn.Module):
    """Layers one by one, activations as functions, and time where it is asked for."""

    def __init__(self, timed: bool = False, dim: int = 2) -> None:
        super().__init__()
        self.timed = timed
        self.first, self.second = nn.Linear(dim + timed, 9), nn.Linear(9, 7)
        self.last = nn.Linear(7, dim, bias=False)

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        if self.timed:
            y = torch.cat([torch.ones_like(y[..., :1]) * t, y], dim=-1)
        hidden = torch.tanh(self.first(y))
        return self.last(torch.tanh(self.second(hidden)))


class Looped(nn.Module):
    """A list of layers and a loop; the activation is an attribute."""

    def __init__(self, act: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(2, 8), nn.Linear(8, 8), nn.Linear(8, 2)])
        self.act = act

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        for i, layer in enumerate(self.layers):
            y = layer(y)
            if i < len(self.layers) - 1:
                y = self.act(y)
        return y


class ByHand(nn.Module):
    """Parameters of its own, multiplied in one of several ways."""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.way = way
        self.W, self.b = nn.Parameter(0.5 * torch.randn(2, 6)), nn.Parameter(torch.randn(6))
        self.V, self.c = nn.Parameter(0.5 * torch.randn(2, 6)), nn.Parameter(torch.randn(2))

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        if self.way == "matmul":
            return torch.tanh(y @ self.W + self.b) @ self.V.T + self.c
        if self.way == "mm":
            return torch.mm((torch.mm(y, self.W) + self.b).tanh(), self.V.t())
        if self.way == "addmm":
            return torch.addmm(self.c, torch.tanh(torch.addmm(self.b, y, self.W)), self.V.transpose(0, 1))
        if self.way == "linear":
            return functional.linear(torch.tanh(functional.linear(y, self.W.t(), self.b)), self.V, self.c)
        return self.c + self.b.unsqueeze(0).add(y.matmul(self.W)).tanh().matmul(self.V.mT)


class Timed(nn.Module):
    """The time beside the state, made in one of several ways."""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.way = way
        self.net = nn.Sequential(nn.Linear(3, 8), nn.Softplus(), nn.Linear(8, 2))

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        rows = y.shape[0]
        if self.way == "expand":
            column = t.expand(rows, 1)
        elif self.way == "ones":
            column = torch.ones(y.size(0), 1, device=y.device, dtype=y.dtype) * t
        elif self.way == "new_ones":
            column = t * y.new_ones(len(y), 1)
        elif self.way == "zeros":
            column = torch.zeros_like(y[:, 0:1]) + t
        elif self.way == "full":
            column = torch.full_like(y[:, :1], t)
        elif self.way == "to":
            column = t * torch.ones(rows, 1).to(y)
        elif self.way == "repeat":
            column = t.view(1, 1).repeat(rows, 1)
        elif self.way == "expand_as":
            column = t[None, None].expand_as(y[:, :1])
        else:
            column = t.reshape(1).unsqueeze(-1).expand(rows, -1)
        if self.way == "last":
            return self.net(torch.cat((y, column), 1))
        return self.net(torch.hstack([column, y]) if self.way == "repeat" else torch.cat([column, y], dim=1))


class ConcatSquash(nn.Module):
    """As FFJORD's ConcatSquashLinear."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self._layer = nn.Linear(inputs, outputs)
        self._hyper_bias = nn.Linear(1, outputs, bias=False)
        self._hyper_gate = nn.Linear(1, outputs)

    def forward(self, t: Tensor, x: Tensor) -> Tensor:
        return self._layer(x) * torch.sigmoid(self._hyper_gate(t.view(1, 1))) + self._hyper_bias(t.view(1, 1))


class ConcatShift(nn.Module):
    """As FFJORD's ConcatLinear_v2."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self._layer = nn.Linear(inputs, outputs)
        self._hyper_bias = nn.Linear(1, outputs, bias=False)

    def forward(self, t: Tensor, x: Tensor) -> Tensor:
        return self._layer(x) + self._hyper_bias(t.view(1, 1))


class ConcatInput(nn.Module):
    """As FFJORD's ConcatLinear: the time beside the input of every layer."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self._layer = nn.Linear(inputs + 1, outputs)

    def forward(self, t: Tensor, x: Tensor) -> Tensor:
        tt = torch.ones_like(x[:, :1]) * t
        return self._layer(torch.cat([tt, x], 1))


class Stack(nn.Module):
    """Layers that all get the time."""

    def __init__(self, kind: Callable[[int, int], nn.Module]) -> None:
        super().__init__()
        self.layers = nn.ModuleList([kind(2, 8), kind(8, 5), kind(5, 2)])

    def forward(self, t: Tensor, x: Tensor) -> Tensor:
        dx = x
        for place, layer in enumerate(self.layers):
            dx = layer(t, dx)
            if place < len(self.layers) - 1:
                dx = functional.softplus(dx)
        return dx


class Shared(nn.Module):
    """A weight that is used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.outer, self.inner = nn.Linear(2, 2), nn.Linear(2, 2)
        self.inner.weight = self.outer.weight

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        return self.outer(torch.tanh(self.inner(torch.tanh(self.outer(y)))))


class Derived(nn.Sequential):
    """A Sequential that takes the time, too, and throws it away."""

    def forward(self, t: Tensor, y: Tensor) -> Tensor:  # type: ignore[override]
        return super().forward(y)


class OwnLinear(nn.Linear):
    """A linear layer by another way."""

    def forward(self, input: Tensor) -> Tensor:
        return input @ self.weight.T + self.bias


def cubed(y: Tensor) -> Tensor:
    """A function of the user's own."""
    return y * y * y


class Helped(nn.Module):
    """A forward that calls methods and functions besides."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = OwnLinear(2, 6), nn.Linear(6, 2)

    def hidden(self, y: Tensor) -> Tensor:
        """A method."""
        return torch.relu(self.first(cubed(y)))

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        assert y.dim() == 2, "a batch of states"
        return self.last(self.hidden(y))


class Straight(nn.Module):
    """A linear field."""

    def __init__(self) -> None:
        super().__init__()
        self.A = nn.Parameter(torch.tensor([[-0.1, 2.0], [-2.0, -0.1]]))

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        return torch.mm(y**3, self.A)


class Scaled(nn.Module):
    """A network whose result is multiplied, divided and turned around."""

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.outer, self.scale = nn.Linear(2, 6), nn.Linear(6, 2), 0.3

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        hidden = torch.tanh(2 * self.inner(y))
        return -self.scale * self.outer(hidden) / 0.7


class ScaledInTime(nn.Module):
    """A gated and shifted layer, multiplied."""

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.outer = ConcatSquash(2, 6), ConcatShift(6, 2)

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        return 0.5 * self.outer(t, torch.tanh(-self.inner(t, y)))


class Wrapped(nn.Module):
    """A network of y alone, wrapped."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        return self.net(y)


def mlp(*bends: nn.Module) -> nn.Sequential:
    """2-7-…-2."""
    layers: list[nn.Module] = [nn.Linear(2, 7)]
    for bend in bends[:-1]:
        layers += [bend, nn.Linear(7, 7)]
    return nn.Sequential(*layers, bends[-1], nn.Linear(7, 2))


MODULES: dict[str, Callable[[], nn.Module]] = {
    "demo": Demo,
    "layered": Layered,
    "layered and timed": lambda: Layered(timed=True),
    "looped, torch.tanh": lambda: Looped(torch.tanh),
    "looped, F.elu": lambda: Looped(functional.elu),
    "looped, module": lambda: Looped(nn.SiLU()),
    **{f"by hand, {way}": lambda way=way: ByHand(way) for way in ("matmul", "mm", "addmm", "linear", "methods")},
    **{
        f"timed, {way}": lambda way=way: Timed(way)
        for way in ("expand", "ones", "new_ones", "zeros", "full", "to", "repeat", "expand_as", "last", "unsqueeze")
    },
    "concatsquash": lambda: Stack(ConcatSquash),
    "concat shift": lambda: Stack(ConcatShift),
    "concat input": lambda: Stack(ConcatInput),
    "shared": Shared,
    "scaled": Scaled,
    "scaled in time": ScaledInTime,
    "derived": lambda: Derived(nn.Linear(2, 5), nn.ELU(), nn.Linear(5, 2)),
    "helped": Helped,
    "straight": Straight,
    **{
        f"wrapped, {type(bend).__name__}": lambda bend=bend: Wrapped(mlp(bend, bend))
        for bend in (nn.Softplus(), nn.ELU(), nn.SiLU(), nn.ReLU(), nn.Tanh(), nn.GELU(approximate="tanh"))
    },
    "sine": lambda: Looped(torch.sin),
}
"""Modules that are recognised."""


def functions_of(net: nn.Module, matrix: Tensor) -> dict[str, Field]:
    """Functions that close over a network, or a matrix, and are recognised."""

    def around(t: Tensor, y: Tensor) -> Tensor:
        return net(cubed(y))

    return {
        "def": around,
        "lambda": lambda t, y: net(y),
        "matrix": lambda t, y: torch.tanh(y @ matrix) @ matrix,
        "method": Wrapped(net).forward,
    }
