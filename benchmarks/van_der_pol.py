"""The field of W4 to W6: a 2-64-64-2 tanh network fitted to the Van der Pol oscillator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import Module

from benchmarks.modules import Perceptron
from benchmarks.weights import descend, train_once
from nodeviz.fields import MLPField
from nodeviz.fields.modules.flat import FlatModule

STEPS, POINTS, RATE = 3000, 512, 3e-3
EXTENT = 3.0


class Pair(NamedTuple):
    """The same function twice: as anyone's module, and as nodeviz's field."""

    module: Perceptron
    own: FlatModule


def van_der_pol(y: Tensor) -> Tensor:
    """(x', v') = (v, (1 - x²) v - x)."""
    x, v = y.unbind(-1)
    return torch.stack([v, (1 - x * x) * v - x], -1)


def train(module: Module) -> None:
    """Regression of the velocity at random points of the plane."""

    def loss() -> Tensor:
        y = EXTENT * (2 * torch.rand(POINTS, 2) - 1)
        return (module(torch.zeros(()), y) - van_der_pol(y)).square().mean()

    descend(module, loss, STEPS, RATE)


def fitted(trained: bool) -> Pair:
    """The network with its weights."""
    torch.manual_seed(0)
    module = Perceptron((2, 64, 64, 2))
    if trained:
        train_once("van_der_pol", module, train)
    theta = torch.nn.utils.parameters_to_vector(module.parameters()).detach().numpy()
    return Pair(module, MLPField(width=64, depth=2, activation="tanh", cubed=False).module(theta))


def mean_square_end(numbers: Any, ys: Any, head: Sequence[Any], data: Sequence[Any]) -> Any:
    """A loss that looks at the end alone."""
    return (ys[-1] ** 2).mean()
