"""A perceptron's layers at one time, or at a time of every row's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from nodeviz.fields.layout import Layout


class Layer(NamedTuple):
    """x (rows, in) -> (x weightᵀ) gate + bias (rows, out), with weight (out, in), bias (out,) and no gate.

    Where rows have times of their own, bias and gate may be (rows, out), and weight (rows, out, in). `transposed` is
    the weight's view, made once.
    """

    weight: Tensor
    transposed: Tensor
    bias: Tensor
    gate: Tensor | None = None

    def __call__(self, x: Tensor) -> Tensor:
        """Differentiable by autograd."""
        if self.weight.dim() == 3:
            return torch.einsum("roi,ri->ro", self.weight, x) + self.bias
        linear = x @ self.transposed
        return linear + self.bias if self.gate is None else linear * self.gate + self.bias


class OntoLayer(NamedTuple):
    """Cotangents of a layer's weight, bias and gate."""

    weight: Tensor
    bias: Tensor
    gate: Tensor | None = None


def layer_of(weight: Tensor, bias: Tensor, gate: Tensor | None = None) -> Layer:
    """The layer, with its weight's transpose."""
    return Layer(weight, weight.mT, bias, gate)


def parts_of(layout: Layout, theta: Tensor) -> Iterator[Tensor]:
    """The named parts of θ in order, as views."""
    start = 0
    for slot in layout:
        yield theta[start : start + slot.size].view(slot.shape)
        start += slot.size


def has_rows(t: Tensor | float) -> bool:
    """Whether every row has a time of its own."""
    return isinstance(t, Tensor) and t.dim() > 0
