"""Weights that a small network makes from time: the flows of the Neural ODE paper."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

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
    members_source,
)
from nodeviz.fields.layout import Slot

_BODY = """\
        for layer in self.hyper[:-1]:
            t = torch.tanh(layer(t))
        made = self.hyper[-1](t)
        weight, out, gate, bias = made.split([{block}, {block}, {block}, {width}], dim=-1)
        weight = weight.unflatten(-1, ({width}, {dim}))
        out = (out * torch.sigmoid(gate)).unflatten(-1, ({width}, {dim}))
        h = (weight @ h.unsqueeze(-1)).squeeze(-1) + bias
        h = {{activation}}
        for layer in self.layers:
            h = layer(h)
            h = {{activation}}
        return (h.unsqueeze(-2) @ out).squeeze(-2) / {width}
"""


@dataclass(frozen=True)
class Hypernetwork(Conditioning):
    """The first layer, and the last one, which is gated, are made from t by tanh layers 1 - units - units.

    dy/dt = mean over hidden units n of σ(g_n(t)) u_n(t) act(w_n(t)·y + b_n(t)): Chen et al. (2018), section 4.1, in the
    form of its authors' code (torchdiffeq, examples/cnf.py). Layers between hidden ones, where there are some, stand
    still.
    """

    units: int

    @property
    def block(self) -> int:
        """How many numbers the first layer's weight has, the last one's, and its gate."""
        return self.sizes[0] * self.sizes[1]

    def layout(self) -> tuple[Slot, ...]:
        """The small network's layers, then the ones that stand still."""
        made = 3 * self.block + self.sizes[1]
        small = [(self.units, 1), (self.units, self.units), (made, self.units)]
        named = [("hyper", i, shape) for i, shape in enumerate(small)]
        named += [("layers", i, shape) for i, shape in enumerate(self.shapes[1:-1])]
        slots: list[Slot] = []
        for name, i, shape in named:
            slots += [Slot(f"{name}.{i}.weight", shape), Slot(f"{name}.{i}.bias", shape[:1])]
        return tuple(slots)

    def initial(self, start: Start) -> Iterator[Array]:
        """What is made from t starts as a layer is drawn, and moves a little with t."""
        yield start.draw.standard_normal((self.units, 1))
        yield np.zeros(self.units)
        yield start.draw.standard_normal((self.units, self.units)) / sqrt(self.units)
        yield np.zeros(self.units)
        made = 3 * self.block + self.sizes[1]
        yield 0.1 * start.draw.standard_normal((made, self.units)) / sqrt(self.units)
        width = self.sizes[1]
        # the mean over units, and a gate that starts half open, make the last layer smaller by 2 width
        outwards = 2 * width * start.weight(len(self.shapes) - 1, self.block)
        yield np.concatenate([start.weight(0, self.block), outwards, np.zeros(self.block), start.bias(0, width)])
        for i, (outputs, inputs) in enumerate(self.shapes[1:-1], 1):
            yield start.weight(i, outputs, inputs)
            yield start.bias(i, outputs)

    def layers_at(self, parts: Parts, t: float) -> list[Affine]:
        hidden = np.full(1, t, parts["hyper.0.bias"].dtype)
        for i in range(2):
            hidden = np.tanh(parts[f"hyper.{i}.weight"] @ hidden + parts[f"hyper.{i}.bias"])
        made = parts["hyper.2.weight"] @ hidden + parts["hyper.2.bias"]
        weight, out, gate = made[: 3 * self.block].reshape(3, self.sizes[1], self.sizes[0])
        first = Affine(weight, made[3 * self.block :])
        last = Affine((out * sigmoid(gate)).T / self.sizes[1], np.zeros(self.sizes[-1], made.dtype))
        between = range(len(self.shapes) - 2)
        return [first, *[Affine(parts[f"layers.{i}.weight"], parts[f"layers.{i}.bias"]) for i in between], last]

    def source(self) -> Source:
        small = [f"torch.nn.Linear({slot.shape[1]}, {slot.shape[0]})" for slot in self.layout()[:6:2]]
        still = [f"torch.nn.Linear({inputs}, {outputs})" for outputs, inputs in self.shapes[1:-1]]
        members = members_source("hyper", small) + members_source("layers", still)
        body = _BODY.format(block=self.block, width=self.sizes[1], dim=self.sizes[0])
        return Source("", members, TIME_AS_TENSOR + body)
