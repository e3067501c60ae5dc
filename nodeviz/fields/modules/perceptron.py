"""A perceptron's velocity and its pullback by hand, from its layers at one time and the bend between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from nodeviz.fields.modules.activations import Bend
from nodeviz.fields.modules.layers import Layer, OntoLayer


class Tape(NamedTuple):
    """What a pullback needs of one evaluation; features are (rows, features).

    `inputs[i]` went into layer i, `kept[i]` is what the pullback of bend i asks for, `linear[i]` is what layer i
    gated, where layers have gates.
    """

    layers: Sequence[Layer]
    bend: Bend
    inputs: list[Tensor]
    kept: list[Tensor]
    linear: list[Tensor]
    dy: Tensor


class Pulled(NamedTuple):
    """Cotangents of what each layer consists of, and of the features."""

    layers: list[OntoLayer]
    features: Tensor


class OntoSlopes(NamedTuple):
    """The slope of each bend, (rows, width), and its cotangent."""

    slopes: list[Tensor]
    cotangents: list[Tensor]


def velocity(layers: Sequence[Layer], bend: Bend, features: Tensor) -> Tensor:
    """Differentiable by autograd."""
    *hidden, last = layers
    for layer in hidden:
        features = bend.apply(layer(features))
    return last(features)


def evaluate(layers: Sequence[Layer], bend: Bend, features: Tensor) -> Tensor:
    """The velocity, with no graph and nothing kept."""
    overwrite = bend.overwrite
    for layer in layers[:-1]:
        features = overwrite(_affine(layer, features))
    return _affine(layers[-1], features)


def record(layers: Sequence[Layer], bend: Bend, features: Tensor) -> Tape:
    """The velocity, keeping what a pullback needs."""
    tape = Tape(layers, bend, [features], [], [], features)
    for layer in layers[:-1]:
        bent = _recorded(layer, features, tape)
        features = bend.overwrite(bent)
        tape.inputs.append(features)
        tape.kept.append(features if bend.keeps_output else bent)
    return tape._replace(dy=_recorded(layers[-1], features, tape))


def jacobians(tape: Tape) -> Tensor:
    """∂f_i/∂x_j as [row, i, j]: what each feature, as a tangent (row, j, feature), becomes layer by layer."""
    slopes = [tape.bend.slope(kept) for kept in tape.kept]
    first, second, *rest = tape.layers
    if first.gate is not None:
        slopes[0] = slopes[0] * first.gate
    # two layers and the bend between them at once: the features in between are summed over by one product
    through = (first.weight.unsqueeze(2) * second.transposed.unsqueeze(1)).flatten(1)
    tangents = torch.mm(slopes[0], through).view(-1, first.weight.shape[1], second.weight.shape[0])
    if second.gate is not None:
        tangents = tangents * second.gate.unsqueeze(1)
    for layer, slope in zip(rest, slopes[1:], strict=True):
        tangents = (tangents * slope.unsqueeze(1)) @ layer.transposed
        if layer.gate is not None:
            tangents = tangents * layer.gate.unsqueeze(1)
    return tangents.transpose(1, 2)


def pull_back(tape: Tape, cotangent: Tensor, onto: OntoSlopes | None = None) -> Pulled:
    """From the cotangents of the velocity (rows, dim), and of the bends' slopes where something depends on them."""
    layers, bend, inputs, kept, linear, _ = tape
    last = len(layers) - 1
    pulled: list[OntoLayer] = []
    for i in range(last, -1, -1):
        weight, _, bias, gate = layers[i]
        if i < last and onto is None:
            cotangent = bend.pullback(cotangent, kept[i])
        elif i < last and onto is not None:
            cotangent = bend.pullback_of_both(cotangent, onto.cotangents[i], kept[i], onto.slopes[i])
        in_bias = cotangent if bias.dim() == 2 else cotangent.sum(0)
        in_gate = None
        if gate is not None:
            in_gate, cotangent = cotangent * linear[i], cotangent * gate
        pulled.append(OntoLayer(onto_weight(cotangent, inputs[i]), in_bias, in_gate))
        cotangent = onto_features(cotangent, weight)
    pulled.reverse()
    return Pulled(pulled, cotangent)


NARROW, MANY = 16, 128
"""Products with fewer columns take MKL several times as long as the same one transposed, from so many rows."""


def onto_weight(cotangent: Tensor, features: Tensor) -> Tensor:
    """cotangentᵀ features, (out, in), from (rows, out) and (rows, in)."""
    if features.shape[1] < NARROW and features.shape[0] >= MANY:
        return torch.mm(features.t(), cotangent).t()
    return torch.mm(cotangent.t(), features)


def onto_features(cotangent: Tensor, weight: Tensor) -> Tensor:
    """cotangent weight, (rows, in), from (rows, out) and (out, in)."""
    if weight.shape[1] < NARROW and cotangent.shape[0] >= MANY:
        weight = weight.t().contiguous().t()
    return torch.mm(cotangent, weight)


def _affine(layer: Layer, features: Tensor) -> Tensor:
    _, transposed, bias, gate = layer
    if gate is None:
        return torch.addmm(bias, features, transposed)
    return torch.addcmul(bias, torch.mm(features, transposed), gate)


def _recorded(layer: Layer, features: Tensor, tape: Tape) -> Tensor:
    _, transposed, bias, gate = layer
    if gate is None:
        return torch.addmm(bias, features, transposed)
    linear = torch.mm(features, transposed)
    tape.linear.append(linear)
    return torch.addcmul(bias, linear, gate)
