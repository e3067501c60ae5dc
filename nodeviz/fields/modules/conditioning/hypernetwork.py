"""The layers that a small network makes from time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from nodeviz.fields import conditioning as declared
from nodeviz.fields.modules.activations import BENDS
from nodeviz.fields.modules.conditioning.timed_layers import InTimeAndWeights, TimedLayers
from nodeviz.fields.modules.layers import Layer, OntoLayer, layer_of, parts_of
from nodeviz.fields.modules.perceptron import pull_back, record, velocity

TANH = BENDS["tanh"]


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
        like = views.small[0].weight
        time = torch.as_tensor(t, dtype=like.dtype, device=like.device).unsqueeze(-1)
        weight, out, gate, bias = self._divided(velocity(views.small, TANH, time))
        shape = (self._width, self._dim)
        outwards = (out * torch.sigmoid(gate) / self._width).unflatten(-1, shape).mT
        nothing = time.new_zeros((*time.shape[:-1], self._dim))
        return [layer_of(weight.unflatten(-1, shape), bias), *views.still, layer_of(outwards, nothing)]

    def pull_back(self, views: HypernetworkViews, t: Tensor | float, pulled: Sequence[OntoLayer]) -> InTimeAndWeights:
        """At one time: the small network has one row."""
        like = views.small[0].weight
        tape = record(views.small, TANH, torch.as_tensor(t, dtype=like.dtype, device=like.device).view(1, 1))
        _, out, gate, _ = self._divided(tape.dy[0])
        first, *still, last = pulled
        opened, in_outwards = torch.sigmoid(gate), last.weight.t().reshape(-1) / self._width
        in_gate = torch.ops.aten.sigmoid_backward(in_outwards * out, opened)
        in_made = torch.cat((first.weight.reshape(-1), in_outwards * opened, in_gate, first.bias))
        small = pull_back(tape, in_made.unsqueeze(0))
        pieces = [piece.reshape(-1) for layer in (*small.layers, *still) for piece in layer[:2]]
        return InTimeAndWeights(small.features.view(()), torch.cat(pieces))

    def _divided(self, made: Tensor) -> tuple[Tensor, ...]:
        """The first layer's weight, the last one's, its gate, and the first one's bias, side by side."""
        return made.split([self._block] * 3 + [self._width], -1)
