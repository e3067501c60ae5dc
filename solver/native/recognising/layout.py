"""How the network of a field is told to the kernel: where its tensors go in one flat vector."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from solver.native.description import Affine, Network
from solver.native.recognising.meanings import Chain, Layer, Weight


@dataclass(frozen=True)
class Layout:
    """A network, and the field's tensors in the order of the flat weights. One that is used twice is in it twice."""

    network: Network
    pieces: tuple[Weight, ...]

    @classmethod
    def of(cls, chain: Chain, sizes: tuple[int, ...]) -> Layout:
        """That of the chain, whose tensors have so many entries."""
        building = _Building(sizes)
        layers = tuple(building.add(layer) for layer in chain.layers)
        activation = chain.bends[0] if chain.bends else "tanh"  # one layer alone bends nothing
        return cls(Network(layers, activation, cubed=chain.power == 3), tuple(building.pieces))

    def packed(self, tensors: tuple[Tensor, ...], unused: tuple[Tensor, ...]) -> Tensor:
        """The flat weights, with a graph where one is being made; `unused` at their end, whose gradient is zero."""
        parts = [
            (tensors[each.place].t() if each.transposed else tensors[each.place]).reshape(-1) for each in self.pieces
        ]
        return torch.cat([*parts, *(each.reshape(-1) for each in unused)])


class _Building:
    """Hands out places in the flat weights."""

    def __init__(self, sizes: tuple[int, ...]) -> None:
        self.pieces: list[Weight] = []
        self._sizes, self._next = sizes, 0

    def add(self, layer: Layer) -> Affine:
        """The layer with its parts in the next free places."""
        gate = layer.gate
        start = self._place(layer.weight)
        column = layer.time_column
        row = layer.inputs + (column is not None)
        time, time_row = (self._perhaps(layer.time), 1) if column is None else (start + column, row)
        return Affine(
            layer.inputs,
            layer.outputs,
            start + (column == 0),
            self._perhaps(layer.bias),
            row,
            time,
            time_row,
            None if gate is None else self._place(gate.weight),
            None if gate is None else self._perhaps(gate.bias),
            self._perhaps(layer.shift),
        )

    def _place(self, weight: Weight) -> int:
        start = self._next
        self.pieces.append(weight)
        self._next += self._sizes[weight.place]
        return start

    def _perhaps(self, weight: Weight | None) -> int | None:
        return None if weight is None else self._place(weight)
