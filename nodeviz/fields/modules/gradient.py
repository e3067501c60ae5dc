"""The gradient field in torch, knowing its own derivative, which is minus the potential's Hessian."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nodeviz.fields.modules.activations import BENDS
from nodeviz.fields.modules.flat import FlatModule, Traced
from nodeviz.fields.modules.layers import Layer, layer_of, parts_of
from nodeviz.fields.modules.native import potential_network
from solver.field import Gradients, Pullback, RowLinearisation
from solver.native.description import NativeField

if TYPE_CHECKING:
    from nodeviz.fields.gradient import GradientField


class Hill(NamedTuple):
    """V's hidden layers, and its last layer's weights (1, width)."""

    hidden: list[Layer]
    last: Tensor


class Climb(NamedTuple):
    """One evaluation, layer by layer: what went in and was kept, slopes, and V's gradient in what came out.

    `inputs` has the last layer's too. `uphill[i]` is V's gradient in what left the bend of layer i; `dy` is minus that
    in the state.
    """

    hill: Hill
    inputs: list[Tensor]
    kept: list[Tensor]
    slopes: list[Tensor]
    uphill: list[Tensor]
    dy: Tensor


class Twice(NamedTuple):
    """Minus the second derivative of V along a cotangent: of the state, and of each part of θ in the layout's order."""

    y: Tensor
    parts: list[Tensor]


class GradientModule(FlatModule):
    """-∇V of `field` with weights θ."""

    def __init__(self, field: GradientField, theta: NDArray[np.float32]) -> None:
        super().__init__(theta)
        self.field = field
        self._bend = BENDS[field.activation]
        self._layout = field.layout()

    def forward(self, t: Tensor | float, y: Tensor) -> Tensor:
        """The velocity at y (..., dim) through autograd."""
        return self._climb(self._hill(self.theta), y.reshape(-1, self.field.dim)).dy.view(y.shape)

    def linearise(self, t: Tensor | float, y: Tensor) -> tuple[Tensor, Pullback]:
        """The velocity and its pullback, by hand."""
        climb = self._climb_freely(y)
        return climb.dy.view(y.shape), partial(self._pull_back, climb)

    def linearise_rows(self, t: Tensor, y: Tensor) -> RowLinearisation:
        """Minus V's Hessian in each row of y (rows, dim), which is symmetric, and the pullback to θ, by hand."""
        climb = self._climb_freely(y)
        jacobians = torch.stack([self._twice(climb, unit.expand(y.shape)).y for unit in self._units(y)], -1)
        return RowLinearisation(jacobians, lambda cotangent: self._pull_back(climb, cotangent).parameters)

    def trace(self, t: Tensor | float, y: Tensor) -> Traced:
        """The velocity at y (batch, dim) and minus V's Laplacian, with no graph inside another.

        Layers are straight, so only bends have second derivatives: the Laplacian is the sum over all hidden units of
        V's gradient in the unit, times the bend's curvature, times the squared slopes of what goes into the bend.
        """
        climb = self._climb(self._hill(self.theta), y)
        tangents = list(self._units(y))
        laplacian = torch.zeros_like(y[:, 0])
        for i, layer in enumerate(climb.hill.hidden):
            bent = [tangent @ layer.transposed for tangent in tangents]
            squares = torch.stack([each * each for each in bent]).sum(0)
            curvature = self._bend.curvature(climb.kept[i], climb.slopes[i])
            laplacian = laplacian + (climb.uphill[i] * curvature * squares).sum(1)
            tangents = [climb.slopes[i] * each for each in bent]
        return Traced(climb.dy, -laplacian)

    def evaluate_traced(self, t: Tensor | float, y: Tensor) -> Traced:
        """As `trace`, without an autograd graph."""
        with torch.no_grad():
            return self.trace(t, y.detach())

    def native(self, trace: float = 0.0) -> NativeField | None:
        """For the solver's kernel."""
        return NativeField(potential_network(self.field, trace), self.theta) if self._is_just(GradientModule) else None

    def _hill(self, theta: Tensor) -> Hill:
        *parts, last = parts_of(self._layout, theta)
        return Hill([layer_of(weight, bias) for weight, bias in zip(parts[::2], parts[1::2], strict=True)], last)

    def _units(self, y: Tensor) -> Tensor:
        return torch.eye(self.field.dim, dtype=y.dtype, device=y.device)

    def _climb_freely(self, y: Tensor) -> Climb:
        with torch.no_grad():
            return self._climb(self._hill(self.theta.detach()), y.detach().reshape(-1, self.field.dim))

    def _climb(self, hill: Hill, state: Tensor) -> Climb:
        inputs, kept, slopes = [state], [], []
        for layer in hill.hidden:
            z = layer(inputs[-1])
            inputs.append(self._bend.apply(z))
            kept.append(inputs[-1] if self._bend.keeps_output else z)
            slopes.append(self._bend.slope(kept[-1]))
        uphill = [hill.last]
        for layer, slope in zip(reversed(hill.hidden), reversed(slopes), strict=True):
            uphill.append((uphill[-1] * slope) @ layer.weight)
        *uphill, out = uphill
        return Climb(hill, inputs, kept, slopes, uphill[::-1], -out)

    def _pull_back(self, climb: Climb, cotangent: Tensor) -> Gradients:
        twice = self._twice(climb, cotangent.reshape(-1, self.field.dim))
        return Gradients(None, twice.y.view(cotangent.shape), (torch.cat([part.reshape(-1) for part in twice.parts]),))

    def _twice(self, climb: Climb, along: Tensor) -> Twice:
        """Gradients of -(along · ∇V): of V's slope along a direction, which tangents carry forward."""
        hill, tangents, bent = climb.hill, [along], []
        for layer, slope in zip(hill.hidden, climb.slopes, strict=True):
            bent.append(tangents[-1] @ layer.transposed)
            tangents.append(slope * bent[-1])
        parts = [-tangents[-1].sum(0, keepdim=True)]
        onto = torch.zeros_like(climb.inputs[-1])
        for i in range(len(hill.hidden) - 1, -1, -1):
            curvature = self._bend.curvature(climb.kept[i], climb.slopes[i])
            onto = onto * climb.slopes[i] + climb.uphill[i] * bent[i] * curvature
            in_weight = (climb.uphill[i] * climb.slopes[i]).t() @ tangents[i] + onto.t() @ climb.inputs[i]
            parts += [-onto.sum(0), -in_weight]
            onto = onto @ hill.hidden[i].weight
        return Twice(-onto, parts[::-1])
