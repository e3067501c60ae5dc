"""Weights that are themselves functions of time: as many cosines as asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, pi

import numpy as np

from nodeviz.fields.conditioning.conditioning import (
    TIME_AS_TENSOR,
    Affine,
    Array,
    Conditioning,
    Parts,
    Source,
    Start,
    body_source,
    members_source,
)
from nodeviz.fields.layout import Slot

_CLASS = '''\
class VaryingLinear(torch.nn.Module):
    """A linear layer with weights Σ_k θ_k cos(π k t / {span})."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros({terms}, outputs, inputs))
        self.bias = torch.nn.Parameter(torch.zeros({terms}, outputs))

    def forward(self, t, x):
        """x (..., inputs) -> (..., outputs), at t of shape (1,) or (..., 1)."""
        waves = torch.cos(torch.pi / {span} * t * torch.arange({terms}, dtype=x.dtype, device=x.device))
        per_term = torch.einsum("koi,...i->...ko", self.weight, x) + self.bias
        return (waves.unsqueeze(-1) * per_term).sum(-2)


'''


@dataclass(frozen=True)
class DepthVarying(Conditioning):
    """Every weight is Σ_k θ_k cos(π k t / span) with k = 0 … terms - 1.

    The Galerkin form of depth-variance of Massaroli et al., "Dissecting Neural ODEs" (2020), section 3.1. Cosines
    rather than pieces: a weight with kinks or jumps makes adaptive steps small there. Outside [0, span] the weights
    mirror what they do inside.
    """

    terms: int
    span: float

    def layout(self) -> tuple[Slot, ...]:
        """Of each layer: weight (terms, out, in) and bias (terms, out)."""
        slots: list[Slot] = []
        for i, (outputs, inputs) in enumerate(self.shapes):
            slots += [
                Slot(f"layers.{i}.weight", (self.terms, outputs, inputs)),
                Slot(f"layers.{i}.bias", (self.terms, outputs)),
            ]
        return tuple(slots)

    def initial(self, start: Start) -> Iterator[Array]:
        """All but the first term are zero: the field starts standing still."""
        for i, (outputs, inputs) in enumerate(self.shapes):
            weight, bias = np.zeros((self.terms, outputs, inputs)), np.zeros((self.terms, outputs))
            weight[0], bias[0] = start.weight(i, outputs, inputs), start.bias(i, outputs)
            yield weight
            yield bias

    def layers_at(self, parts: Parts, t: float) -> list[Affine]:
        waves = np.array([cos(pi * k * t / self.span) for k in range(self.terms)])
        weights, biases = (
            [parts[f"layers.{i}.{name}"] for i in range(len(self.shapes))] for name in ("weight", "bias")
        )
        return [
            Affine(np.tensordot(waves.astype(weight.dtype), weight, 1), waves.astype(bias.dtype) @ bias)
            for weight, bias in zip(weights, biases, strict=True)
        ]

    def source(self) -> Source:
        layers = [f"VaryingLinear({inputs}, {outputs})" for outputs, inputs in self.shapes]
        classes = _CLASS.format(span=repr(self.span), terms=self.terms)
        return Source(classes, members_source("layers", layers), TIME_AS_TENSOR + body_source("layer(t, h)"))
