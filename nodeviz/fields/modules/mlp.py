"""The MLP field in torch, knowing its own derivative: an evaluation is a handful of operations and no graph."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nodeviz.fields.modules.activations import BENDS
from nodeviz.fields.modules.flat import FlatModule
from solver.field import Gradients, Pullback, RowLinearisation

if TYPE_CHECKING:
    from nodeviz.fields.mlp import MLPField


class Layer(NamedTuple):
    """One layer's weights as views of θ. `weight` (out, in) and its transpose; `of_time` (out,) multiplies t."""

    weight: Tensor
    transposed: Tensor
    bias: Tensor
    of_time: Tensor | None


class Tape(NamedTuple):
    """What a pullback needs of one evaluation; states are (batch, features).

    `inputs[i]` went into layer i, `kept[i]` is what the pullback of activation i asks for, `square` is y² when the
    inputs are cubed.
    """

    t: Tensor | float
    shape: torch.Size
    layers: tuple[Layer, ...]
    inputs: list[Tensor]
    kept: list[Tensor]
    square: Tensor | None


class MLPModule(FlatModule):
    """The MLP of `field` with weights θ."""

    def __init__(self, field: MLPField, theta: NDArray[np.float32]) -> None:
        super().__init__(theta)
        self.field = field
        self._bend = BENDS[field.activation]
        self._views: tuple[Layer, ...] = ()

    def forward(self, t: Tensor | float, y: Tensor) -> Tensor:
        """The velocity at y (..., 2) through autograd."""
        hidden = y * y * y if self.field.cubed else y
        layers = self._split(self.theta)
        for i, layer in enumerate(layers):
            bias = layer.bias
            if layer.of_time is not None:
                time = torch.as_tensor(t, dtype=y.dtype, device=y.device)
                bias = bias + time.unsqueeze(-1) * layer.of_time
            hidden = hidden @ layer.transposed + bias
            if i < len(layers) - 1:
                hidden = self._bend.apply(hidden)
        return hidden

    def evaluate(self, t: Tensor | float, y: Tensor) -> Tensor:
        """The velocity without an autograd graph."""
        *hidden_layers, last = self._layers()
        hidden = y.detach() if y.dim() == 2 else y.detach().reshape(-1, 2)
        if self.field.cubed:
            hidden = hidden * hidden * hidden
        for layer in hidden_layers:
            hidden = self._bend.overwrite(torch.addmm(_bias_at(layer, t), hidden, layer.transposed))
        dy = torch.addmm(last.bias, hidden, last.transposed)
        return dy if y.dim() == 2 else dy.view(y.shape)

    def linearise(self, t: Tensor | float, y: Tensor) -> tuple[Tensor, Pullback]:
        """The velocity and its pullback, by hand."""
        tape = self._record(t, y)
        last = tape.layers[-1]
        dy = torch.addmm(last.bias, tape.inputs[-1], last.transposed)
        return dy if y.dim() == 2 else dy.view(y.shape), partial(self._pull_back, tape)

    def linearise_rows(self, t: Tensor, y: Tensor) -> RowLinearisation:
        """The Jacobian in each row of y (rows, 2) at its own time of t (rows, 1), and the pullback to θ, by hand."""
        tape = self._record(t, y)
        return RowLinearisation(self._jacobians(tape), lambda cotangent: self._pull_back(tape, cotangent).parameters)

    def _record(self, t: Tensor | float, y: Tensor) -> Tape:
        """Evaluate all but the last layer, keeping what a pullback needs."""
        layers = self._layers()
        hidden = y.detach() if y.dim() == 2 else y.detach().reshape(-1, 2)
        square = None
        if self.field.cubed:
            square = hidden * hidden
            hidden = square * hidden
        inputs, kept = [hidden], []
        for layer in layers[:-1]:
            bent = torch.addmm(_bias_at(layer, t), hidden, layer.transposed)
            hidden = self._bend.overwrite(bent)
            inputs.append(hidden)
            kept.append(hidden if self._bend.keeps_output else bent)
        return Tape(t, y.shape, layers, inputs, kept, square)

    def _jacobians(self, tape: Tape) -> Tensor:
        """∂f_i/∂y_j as [row, i, j]: what each entry of y, as a tangent (row, j, feature), becomes layer by layer."""
        one = tape.inputs[0].new_ones(())
        slopes = [self._bend.pullback(one.expand_as(kept), kept) for kept in tape.kept]
        first, second, *rest = tape.layers
        # two layers and the bend between them at once: the features in between are summed over by one product
        through = (first.weight.unsqueeze(2) * second.transposed.unsqueeze(1)).flatten(1)
        tangents = torch.mm(slopes[0], through).view(-1, 2, second.bias.numel())
        for layer, slope in zip(rest, slopes[1:], strict=True):
            tangents = (tangents * slope.unsqueeze(1)) @ layer.transposed
        jacobians = tangents.transpose(1, 2)
        return jacobians if tape.square is None else jacobians * (3 * tape.square).unsqueeze(1)

    def _pull_back(self, tape: Tape, cotangent: Tensor) -> Gradients:
        if cotangent.dim() != 2:
            cotangent = cotangent.reshape(-1, 2)
        pieces: list[Tensor] = []
        in_t = None
        for i in range(len(tape.layers) - 1, -1, -1):
            layer = tape.layers[i]
            in_bias = cotangent.sum(0)
            in_weight = torch.mm(cotangent.t(), tape.inputs[i])
            if layer.of_time is not None:
                in_t, in_of_time = _pull_back_time(layer.of_time, tape.t, cotangent, in_bias)
                in_weight = torch.cat((in_weight, in_of_time.unsqueeze(1)), 1)
            pieces += (in_bias, in_weight.view(-1))
            if i:
                cotangent = self._bend.pullback(torch.mm(cotangent, layer.weight), tape.kept[i - 1])
        weight = tape.layers[0].weight
        if tape.square is None:
            in_y = torch.mm(cotangent, weight)
        else:  # d(y³) = 3 y² dy; with beta = 0 the first argument is not read
            in_y = torch.addmm(tape.square, cotangent, weight, beta=0, alpha=3).mul_(tape.square)
        pieces.reverse()
        return Gradients(in_t, in_y if len(tape.shape) == 2 else in_y.view(tape.shape), (torch.cat(pieces),))

    def _layers(self) -> tuple[Layer, ...]:
        # `.double()`, `.to(device)` and a deep copy move θ elsewhere: the views then follow.
        first = self._views[0].weight if self._views else None
        if first is None or first.data_ptr() != self.theta.data_ptr() or first.dtype != self.theta.dtype:
            self._views = self._split(self.theta.detach())
        return self._views

    def _split(self, theta: Tensor) -> tuple[Layer, ...]:
        sizes = self.field.sizes
        layers, start = [], 0
        for i, (inputs, outputs) in enumerate(pairwise(sizes)):
            end = start + inputs * outputs
            weight, bias = theta[start:end].view(outputs, inputs), theta[end : end + outputs]
            of_time = weight[:, 2] if i == 0 and self.field.time_input else None
            weight = weight if of_time is None else weight[:, :2]
            layers.append(Layer(weight, weight.t(), bias, of_time))
            start = end + outputs
        return tuple(layers)


def _bias_at(layer: Layer, t: Tensor | float) -> Tensor:
    # Time enters as a feature of the first layer, which is the same as a bias that moves with t.
    if layer.of_time is None:
        return layer.bias
    if isinstance(t, Tensor) and t.dim():
        return torch.addr(layer.bias, t.reshape(-1), layer.of_time)
    return torch.add(layer.bias, layer.of_time, alpha=float(t))


class TimeGradients(NamedTuple):
    """Cotangents of t, of t's shape, and of the weights that multiply it."""

    t: Tensor
    of_time: Tensor


def _pull_back_time(of_time: Tensor, t: Tensor | float, cotangent: Tensor, in_bias: Tensor) -> TimeGradients:
    """From the cotangent (batch, width) of the first layer and its sum over the batch."""
    if isinstance(t, Tensor) and t.dim():
        return TimeGradients(torch.mv(cotangent, of_time).view(t.shape), torch.mv(cotangent.t(), t.reshape(-1)))
    return TimeGradients(torch.dot(in_bias, of_time), float(t) * in_bias)
