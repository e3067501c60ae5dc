"""The fields as anyone would write them in torch: plain modules, which know nothing of nodeviz."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn


class Perceptron(nn.Module):
    """dy/dt = W tanh(… tanh(W y + b) …) + b, or of y³; standing still in time."""

    def __init__(self, sizes: tuple[int, ...], cubed: bool = False) -> None:
        super().__init__()
        self.cubed = cubed
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(sizes):
            layers += [nn.Linear(inputs, outputs), nn.Tanh()]
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        """The velocity at y (batch, dim)."""
        return self.layers(y * y * y if self.cubed else y)


class ConcatSquash(nn.Module):
    """(W x + b) σ(g t + c) + h t: a linear layer gated and shifted by time (Grathwohl et al., 2019)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)
        self.gate = nn.Linear(1, outputs)
        self.shift = nn.Linear(1, outputs, bias=False)

    def forward(self, t: Tensor, x: Tensor) -> Tensor:
        """x (batch, inputs) -> (batch, outputs), at t (1, 1) or (batch, 1)."""
        return self.linear(x) * torch.sigmoid(self.gate(t)) + self.shift(t)


class Flow(nn.Module):
    """A continuous flow: the state (batch, 3) is a point of the plane and minus the integral of the divergence.

    The divergence is the exact trace of the Jacobian, by one pullback for each of the two entries.
    """

    def __init__(self, width: int = 64, depth: int = 3) -> None:
        super().__init__()
        self.layers = nn.ModuleList(ConcatSquash(i, o) for i, o in pairwise((2, *[width] * depth, 2)))

    def velocity(self, t: Tensor, x: Tensor) -> Tensor:
        """dx/dt at x (batch, 2)."""
        for layer in self.layers[:-1]:
            x = torch.tanh(layer(t, x))
        return self.layers[-1](t, x)

    def forward(self, t: Tensor, state: Tensor) -> Tensor:
        """(dx/dt, -divergence) at t, a single time or one a row."""
        differentiable = torch.is_grad_enabled()
        with torch.enable_grad():
            x = state[:, :2]
            if not x.requires_grad:
                # Where the weights are to be differentiated, x may not be a leaf: our solver refuses leaves that it was
                # not told of. So it hangs on a weight, by nothing.
                hook = 0.0 * next(self.parameters())[0]
                x = x + hook if differentiable else x.detach().requires_grad_()
            dx = self.velocity(t.reshape(-1, 1), x)
            rows = [
                torch.autograd.grad(dx[:, i].sum(), x, create_graph=differentiable, retain_graph=True)[0][:, i]
                for i in range(2)
            ]
            divergence = rows[0] + rows[1]
        slope = torch.cat([dx, -divergence.unsqueeze(1)], 1)
        return slope if differentiable else slope.detach()
