"""The layers that a small network makes from time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from nodeviz.fields import conditioning as declared
from nodeviz.fields.modules.conditioning.timed_layers import InTimeAndWeights, TimedLayers
from nodeviz.fields.modules.layers import Layer, OntoLayer, layer_of, parts_of


class HypernetworkViews(NamedTuple):
    """The small network of t, and the layers that stand still."""

    small: tuple[Layer, ...]
    still: tuple[Layer, ...]


class HypernetworkLayers(TimedLayers[HypernetworkViews]):
    """The first layer and the last one are made, the last one gated and averaged over the hidden units."""

    shares_weights = False

    def __init__(self, conditioning: declared.Hypernetwork) -> None:
        self._layout = conditioning.layout()
        self._dim, self._width = conditioning.sizes[0], conditioning.sizes[1]
        self._block = conditioning.block

    def views(self, theta: Tensor) -> HypernetworkViews:
        parts = parts_of(self._layout, theta)
        layers = tuple(layer_of(weight, bias) for weight, bias in zip(parts, parts, strict=True))
        return HypernetworkViews(layers[:3], layers[3:])

    def at(self, views: HypernetworkViews, t: Tensor | float) -> list[Layer]:
        first, second, last = views.small
        time = torch.as_tensor(t, dtype=last.weight.dtype, device=last.weight.device).unsqueeze(-1)
        made = last(torch.tanh(second(torch.tanh(first(time)))))
        weight, out, gate, bias = made.split([self._block] * 3 + [self._width], -1)
        shape = (self._width, self._dim)
        outwards = (out * torch.sigmoid(gate) / self._width).unflatten(-1, shape).transpose(-1, -2)
        nothing = time.new_zeros((*time.shape[:-1], self._dim))
        return [layer_of(weight.unflatten(-1, shape), bias), *views.still, layer_of(outwards, nothing)]

    def pull_back(
        self, theta: Tensor, views: HypernetworkViews, t: Tensor | float, pulled: Sequence[OntoLayer]
    ) -> InTimeAndWeights:
        return self.pull_back_by_autograd(theta, t, pulled)
