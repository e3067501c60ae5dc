"""An activation and its pullback in torch, without an autograd graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

_aten = torch.ops.aten


class Bend(NamedTuple):
    """How a layer bends.

    `apply` is differentiable by autograd. `overwrite` may write over its argument when `keeps` is "output", since the
    pullback then needs the output alone. `pullback(cotangent, kept)` gives the cotangent of the argument.
    """

    apply: Callable[[Tensor], Tensor]
    overwrite: Callable[[Tensor], Tensor]
    pullback: Callable[[Tensor, Tensor], Tensor]
    keeps_output: bool


def _elu_pullback(cotangent: Tensor, output: Tensor) -> Tensor:
    return _aten.elu_backward(cotangent, 1.0, 1.0, 1.0, True, output)


def _relu_pullback(cotangent: Tensor, output: Tensor) -> Tensor:
    return _aten.threshold_backward(cotangent, output, 0.0)


def _softplus(z: Tensor) -> Tensor:
    # logaddexp rather than softplus: the latter turns linear at 20, which float64 notices.
    return torch.logaddexp(z, z.new_zeros(()))


BENDS: dict[str, Bend] = {
    "tanh": Bend(torch.tanh, torch.tanh_, _aten.tanh_backward, True),
    "softplus": Bend(_softplus, _softplus, lambda cotangent, z: cotangent * torch.sigmoid(z), False),
    "elu": Bend(torch.nn.functional.elu, lambda z: torch.nn.functional.elu(z, inplace=True), _elu_pullback, True),
    "silu": Bend(torch.nn.functional.silu, torch.nn.functional.silu, _aten.silu_backward, False),
    "relu": Bend(torch.relu, torch.relu_, _relu_pullback, True),
    "sine": Bend(torch.sin, torch.sin, lambda cotangent, z: cotangent * torch.cos(z), False),
}
