"""How the network of a field is told to the kernel: where its tensors go in one flat vector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from solver.native.description import Affine, Network
from solver.native.recognising.meanings import Chain, Layer, Weight
from solver.native.recognising.refusal import NotUnderstoodError


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

    def packed(self, tensors: Sequence[Tensor]) -> Tensor:
        """The flat weights, without a graph."""
        with torch.no_grad():
            return torch.cat([_told(tensors[each.place], each).reshape(-1) for each in self.pieces])

    def unpacked(self, cotangent: Tensor, tensors: Sequence[Tensor]) -> list[Tensor | None]:
        """The cotangents of the tensors from that of the flat weights; None for those that are not in them."""
        found: list[Tensor | None] = [None] * len(tensors)
        parts = cotangent.split([tensors[each.place].numel() for each in self.pieces])
        for each, part in zip(self.pieces, parts, strict=True):
            before, shape = found[each.place], tensors[each.place].shape
            own = _told(part.view(shape[::-1] if each.transposed else shape), each)
            found[each.place] = own if before is None else before + own
        return found


def _told(tensor: Tensor, weight: Weight) -> Tensor:
    """A tensor as it is told to the kernel; or its cotangent as it comes back, for this is its own transposition."""
    turned = tensor.t() if weight.transposed else tensor
    return turned if weight.factor == 1.0 else turned * weight.factor


class _Building:
    """Hands out places in the flat weights."""

    def __init__(self, sizes: tuple[int, ...]) -> None:
        self.pieces: list[Weight] = []
        self._sizes, self._next = sizes, 0

    def add(self, layer: Layer) -> Affine:
        """The layer with its parts in the next free places."""
        gate = layer.gate
        column, outputs = layer.time_column, layer.outputs
        row = layer.inputs + (column is not None)
        start = self._place(layer.weight, row * outputs)
        time, time_row = (self._perhaps(layer.time, outputs), 1) if column is None else (start + column, row)
        return Affine(
            layer.inputs,
            layer.outputs,
            start + (column == 0),
            self._perhaps(layer.bias, outputs),
            row,
            time,
            time_row,
            None if gate is None else self._place(gate.weight, outputs),
            None if gate is None else self._perhaps(gate.bias, outputs),
            self._perhaps(layer.shift, outputs),
        )

    def _place(self, weight: Weight, size: int) -> int:
        if self._sizes[weight.place] != size:
            raise NotUnderstoodError(f"A tensor of {self._sizes[weight.place]} entries stands where {size} are needed.")
        start = self._next
        self.pieces.append(weight)
        self._next += size
        return start

    def _perhaps(self, weight: Weight | None, size: int) -> int | None:
        return None if weight is None else self._place(weight, size)
