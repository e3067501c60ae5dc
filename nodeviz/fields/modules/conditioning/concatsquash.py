"""The layers where time is a gate and a shift: (W x + b) σ(g t + c) + h t."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from nodeviz.fields import conditioning as declared
from nodeviz.fields.modules.conditioning.timed_layers import InTimeAndWeights, TimedLayers
from nodeviz.fields.modules.layers import Layer, parts_of


class Squashed(NamedTuple):
    """W (out, in), and b, g, c and h (out,) of one layer."""

    weight: Tensor
    bias: Tensor
    gate: Tensor
    gate_bias: Tensor
    shift: Tensor


Views = tuple[Squashed, ...]


class ConcatSquashLayers(TimedLayers[Views]):
    """At one time the gate is folded into the weights. Rows with times of their own share W and have it beside."""

    def __init__(self, conditioning: declared.ConcatSquash) -> None:
        self._layout = conditioning.layout()

    def views(self, theta: Tensor) -> Views:
        parts = parts_of(self._layout, theta)
        grouped = zip(parts, parts, parts, parts, parts, strict=True)
        return tuple(Squashed(w, b, g.view(-1), c, h.view(-1)) for w, b, g, c, h in grouped)

    def at(self, views: Views, t: Tensor | float) -> list[Layer]:
        if isinstance(t, Tensor) and t.dim():
            return [self._for_rows(layer, t.unsqueeze(-1)) for layer in views]
        layers = []
        for weight, bias, gate, gate_bias, shift in views:
            opened = torch.sigmoid(gate * t + gate_bias)
            layers.append(Layer(weight * opened.unsqueeze(1), bias * opened + shift * t))
        return layers

    def pull_back(self, theta: Tensor, views: Views, t: Tensor | float, pulled: Sequence[Layer]) -> InTimeAndWeights:
        if isinstance(t, Tensor) and t.dim():
            found = [_pull_rows(layer, t, cotangents) for layer, cotangents in zip(views, pulled, strict=True)]
        else:
            found = [_pull_one(layer, float(t), cotangents) for layer, cotangents in zip(views, pulled, strict=True)]
        in_t = torch.stack([each.t for each in found]).sum(0)
        return InTimeAndWeights(in_t, torch.cat([piece.reshape(-1) for each in found for piece in each.layer]))

    @staticmethod
    def _for_rows(layer: Squashed, t: Tensor) -> Layer:
        opened = torch.sigmoid(t * layer.gate + layer.gate_bias)
        return Layer(layer.weight, layer.bias * opened + t * layer.shift, opened)


class InTimeAndLayer(NamedTuple):
    """Cotangents of t and of what a layer consists of."""

    t: Tensor
    layer: Squashed


def _pull_one(layer: Squashed, t: float, pulled: Layer) -> InTimeAndLayer:
    """Through a gate that is folded into the weights."""
    weight, bias, gate, gate_bias, shift = layer
    opened = torch.sigmoid(gate * t + gate_bias)
    in_opened = (pulled.weight * weight).sum(1) + pulled.bias * bias
    in_inside = in_opened * opened * (1 - opened)
    in_t = torch.dot(in_inside, gate) + torch.dot(pulled.bias, shift)
    in_weight = pulled.weight * opened.unsqueeze(1)
    return InTimeAndLayer(in_t, Squashed(in_weight, pulled.bias * opened, in_inside * t, in_inside, pulled.bias * t))


def _pull_rows(layer: Squashed, t: Tensor, pulled: Layer) -> InTimeAndLayer:
    """Through gates (rows, out) that stand beside the weights; t is (rows,)."""
    weight, bias, gate, gate_bias, shift = layer
    opened = torch.sigmoid(t.unsqueeze(-1) * gate + gate_bias)
    in_opened = pulled.bias * bias if pulled.gate is None else pulled.gate + pulled.bias * bias
    in_inside = in_opened * opened * (1 - opened)
    in_t = torch.mv(in_inside, gate) + torch.mv(pulled.bias, shift)
    of_gate, of_shift = torch.mv(in_inside.t(), t), torch.mv(pulled.bias.t(), t)
    in_bias = (pulled.bias * opened).sum(0)
    return InTimeAndLayer(in_t, Squashed(pulled.weight, in_bias, of_gate, in_inside.sum(0), of_shift))
