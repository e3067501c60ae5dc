"""The layers where time is a gate and a shift: (W x + b) σ(g t + c) + h t."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from nodeviz.fields import conditioning as declared
from nodeviz.fields.modules.conditioning.timed_layers import InTimeAndWeights, TimedLayers
from nodeviz.fields.modules.layers import Layer, OntoLayer, layer_of


class Squashed(NamedTuple):
    """W (out, in) of each layer; b, g, c and h of all layers, one after the other, as the rows of (4, outs).

    `sizes` has how many of those columns are each layer's.
    """

    weights: tuple[Tensor, ...]
    columns: tuple[Tensor, ...]
    sizes: list[int]

    @property
    def vectors(self) -> tuple[Tensor, ...]:
        """b, g, c and h, each (outs,)."""
        return torch.cat(self.columns, 1).unbind()


class ConcatSquashLayers(TimedLayers[Squashed]):
    """At one time the gate is folded into the weights. Rows with times of their own share W and have it beside."""

    gates_rows = True

    def __init__(self, conditioning: declared.ConcatSquash) -> None:
        self._shapes = conditioning.shapes

    def views(self, theta: Tensor) -> Squashed:
        """b, g, c and h of a layer follow one another in θ."""
        pieces = theta.split([size for out, into in self._shapes for size in (out * into, 4 * out)])
        weights = tuple(piece.view(shape) for piece, shape in zip(pieces[::2], self._shapes, strict=True))
        return Squashed(weights, tuple(piece.view(4, -1) for piece in pieces[1::2]), [out for out, _ in self._shapes])

    def at(self, views: Squashed, t: Tensor | float) -> list[Layer]:
        bias, gate, gate_bias, shift = views.vectors
        rows = isinstance(t, Tensor) and t.dim() > 0
        time = t.unsqueeze(1) if isinstance(t, Tensor) and rows else t
        opened = torch.sigmoid(gate * time + gate_bias)
        biases = torch.addcmul(shift * time, bias, opened).split(views.sizes, -1)
        gates = opened.split(views.sizes, -1)
        if rows:
            return [layer_of(*each) for each in zip(views.weights, biases, gates, strict=True)]
        scaled = [weight * gate.unsqueeze(1) for weight, gate in zip(views.weights, gates, strict=True)]
        return [layer_of(weight, bias) for weight, bias in zip(scaled, biases, strict=True)]

    def pull_back(self, views: Squashed, t: Tensor | float, pulled: Sequence[OntoLayer]) -> InTimeAndWeights:
        found = _pull_rows(views, t, pulled) if isinstance(t, Tensor) and t.dim() else _pull_one(views, t, pulled)
        columns = torch.stack((found.bias, found.gate, found.gate_bias, found.shift)).split(views.sizes, 1)
        pieces = [piece.reshape(-1) for pair in zip(found.weights, columns, strict=True) for piece in pair]
        return InTimeAndWeights(found.t, torch.cat(pieces))


class OntoSquashed(NamedTuple):
    """Cotangents of t, of every W, and of b, g, c and h of all layers, each (outs,)."""

    t: Tensor
    weights: Sequence[Tensor]
    bias: Tensor
    gate: Tensor
    gate_bias: Tensor
    shift: Tensor


def _pull_one(views: Squashed, t: Tensor | float, pulled: Sequence[OntoLayer]) -> OntoSquashed:
    """Through gates that are folded into the weights."""
    bias, gate, gate_bias, shift = views.vectors
    opened = torch.sigmoid(gate * t + gate_bias)
    gates = opened.split(views.sizes)
    in_bias = torch.cat([layer.bias for layer in pulled])
    of_weights = [(layer.weight * weight).sum(1) for layer, weight in zip(pulled, views.weights, strict=True)]
    in_inside = torch.ops.aten.sigmoid_backward(torch.addcmul(torch.cat(of_weights), in_bias, bias), opened)
    in_t = torch.dot(in_inside, gate) + torch.dot(in_bias, shift)
    weights = [layer.weight * gate.unsqueeze(1) for layer, gate in zip(pulled, gates, strict=True)]
    return OntoSquashed(in_t, weights, in_bias * opened, in_inside * t, in_inside, in_bias * t)


def _pull_rows(views: Squashed, t: Tensor, pulled: Sequence[OntoLayer]) -> OntoSquashed:
    """Through gates (rows, outs) that stand beside the weights; t is (rows,)."""
    bias, gate, gate_bias, shift = views.vectors
    opened = torch.sigmoid(t.unsqueeze(1) * gate + gate_bias)
    in_bias = torch.cat([layer.bias for layer in pulled], 1)
    of_gates = torch.cat([layer.gate for layer in pulled if layer.gate is not None], 1)
    in_inside = torch.ops.aten.sigmoid_backward(torch.addcmul(of_gates, in_bias, bias), opened)
    in_t = torch.mv(in_inside, gate) + torch.mv(in_bias, shift)
    of_gate, of_shift = torch.mv(in_inside.t(), t), torch.mv(in_bias.t(), t)
    weights = [layer.weight for layer in pulled]
    return OntoSquashed(in_t, weights, (in_bias * opened).sum(0), of_gate, in_inside.sum(0), of_shift)
