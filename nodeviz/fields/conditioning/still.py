"""No time: the field stands still."""

from __future__ import annotations

from collections.abc import Iterator

from nodeviz.fields.conditioning.conditioning import (
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


class Still(Conditioning):
    """Plain linear layers, named as `torch.nn.Linear` names them."""

    def layout(self) -> tuple[Slot, ...]:
        """Weight (out, in) and bias (out,) of each layer."""
        slots: list[Slot] = []
        for i, shape in enumerate(self.shapes):
            slots += [Slot(f"layers.{i}.weight", shape), Slot(f"layers.{i}.bias", shape[:1])]
        return tuple(slots)

    def initial(self, start: Start) -> Iterator[Array]:
        for i, (outputs, inputs) in enumerate(self.shapes):
            yield start.weight(i, outputs, inputs)
            yield start.bias(i, outputs)

    def layers_at(self, parts: Parts, t: float) -> list[Affine]:
        return [Affine(parts[f"layers.{i}.weight"], parts[f"layers.{i}.bias"]) for i in range(len(self.shapes))]

    def source(self) -> Source:
        layers = [f"torch.nn.Linear({inputs}, {outputs})" for outputs, inputs in self.shapes]
        return Source("", members_source("layers", layers), body_source("layer(h)"))
