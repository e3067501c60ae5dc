"""Time as a gate and a shift of every layer: the concatsquash layers of FFJORD."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nodeviz.fields.activations import sigmoid
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
class ConcatSquash(torch.nn.Module):
    """(W x + b) σ(g t + c) + h t."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.linear = torch.nn.Linear(inputs, outputs)
        self.gate = torch.nn.Linear(1, outputs)
        self.shift = torch.nn.Linear(1, outputs, bias=False)

    def forward(self, t, x):
        """x (..., inputs) -> (..., outputs), at t of shape (1,) or (..., 1)."""
        return self.linear(x) * torch.sigmoid(self.gate(t)) + self.shift(t)


'''


class ConcatSquash(Conditioning):
    """Layers (W x + b) σ(g t + c) + h t.

    Grathwohl et al., "FFJORD" (2019), the `ConcatSquashLinear` of its code.
    """

    def layout(self) -> tuple[Slot, ...]:
        """Of each layer: W (out, in), b (out,), g (out, 1), c (out,) and h (out, 1)."""
        slots: list[Slot] = []
        for i, (outputs, inputs) in enumerate(self.shapes):
            slots += [
                Slot(f"layers.{i}.linear.weight", (outputs, inputs)),
                Slot(f"layers.{i}.linear.bias", (outputs,)),
                Slot(f"layers.{i}.gate.weight", (outputs, 1)),
                Slot(f"layers.{i}.gate.bias", (outputs,)),
                Slot(f"layers.{i}.shift.weight", (outputs, 1)),
            ]
        return tuple(slots)

    def initial(self, start: Start) -> Iterator[Array]:
        """A gate starts half open, so what it gates starts at twice the size."""
        for i, (outputs, inputs) in enumerate(self.shapes):
            yield 2 * start.weight(i, outputs, inputs)
            yield 2 * start.bias(i, outputs)
            yield start.draw.standard_normal((outputs, 1))
            yield np.zeros(outputs)
            yield start.weight(i, outputs, 1)

    def layers_at(self, parts: Parts, t: float) -> list[Affine]:
        """A gate and a shift at one time are a scaling of the weights and another bias."""
        layers = []
        for i in range(len(self.shapes)):
            weight, bias, gate, gate_bias, shift = (parts[slot.name] for slot in self.layout()[5 * i : 5 * i + 5])
            now = weight.dtype.type(t)
            opened = sigmoid(gate[:, 0] * now + gate_bias)
            layers.append(Affine(weight * opened[:, None], bias * opened + shift[:, 0] * now))
        return layers

    def source(self) -> Source:
        layers = [f"ConcatSquash({inputs}, {outputs})" for outputs, inputs in self.shapes]
        return Source(_CLASS, members_source("layers", layers), TIME_AS_TENSOR + body_source("layer(t, h)"))
