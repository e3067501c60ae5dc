"""A network's layers, as places in its flat weights."""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import Array
from dataclasses import dataclass, replace

from solver.native.structures import LayerPlaces


@dataclass(frozen=True)
class Affine:
    """A layer: z = W x + b + t c, with the places in the flat weights where W, b and c start; None: no such part.

    Rows of W (outputs, inputs) are `row` apart, or next to each other when None; the entries of c are `time_row` apart.
    With a gate, that is multiplied by σ(t g + e); with a shift besides, t s is added.
    """

    inputs: int
    outputs: int
    weight: int
    bias: int | None = None
    row: int | None = None
    time: int | None = None
    time_row: int = 1
    gate: int | None = None
    gate_bias: int | None = None
    shift: int | None = None

    def __post_init__(self) -> None:
        if (self.gate is None) != (self.gate_bias is None) or (self.shift is not None and self.gate is None):
            raise ValueError("A gated layer needs both gate and gate_bias, and a shift is for gated layers alone.")

    @property
    def is_plain(self) -> bool:
        """Whether it is W x + b, or W x."""
        return self.time is None and self.gate is None

    def shifted(self, places: int) -> Affine:
        """A plain layer, further on in the flat weights."""
        return replace(self, weight=self.weight + places, bias=None if self.bias is None else self.bias + places)

    def size(self) -> int:
        """Entries of W."""
        return self.inputs * self.outputs

    def places(self) -> LayerPlaces:
        """As the kernel takes it."""
        parts = (self.bias, self.time, self.gate, self.gate_bias, self.shift)
        bias, time, gate, gate_bias, shift = (-1 if part is None else part for part in parts)
        row = self.inputs if self.row is None else self.row
        return LayerPlaces(
            self.inputs, self.outputs, self.weight, row, bias, time, self.time_row, gate, gate_bias, shift
        )


def places_of_layers(layers: Sequence[Affine]) -> Array[LayerPlaces]:
    """As the kernel takes them."""
    return (LayerPlaces * len(layers))(*(layer.places() for layer in layers))


def dense_layers(sizes: Sequence[int], time_input: bool = False) -> tuple[Affine, ...]:
    """Plain layers of `sizes` features whose weights and biases follow one another in the flat weights.

    With `time_input`, the first one's W has a last column, which multiplies t.
    """
    layers, start = [], 0
    for place, (inputs, outputs) in enumerate(zip(sizes, sizes[1:], strict=False)):
        timed = time_input and place == 0
        row = inputs + timed
        bias = start + row * outputs
        layers.append(Affine(inputs, outputs, start, bias, row, start + inputs if timed else None, row))
        start = bias + outputs
    return tuple(layers)


def concatsquash_layers(sizes: Sequence[int]) -> tuple[Affine, ...]:
    """Layers (W x + b) σ(g t + e) + s t whose W, b, g, e and s follow one another in the flat weights."""
    layers, start = [], 0
    for inputs, outputs in zip(sizes, sizes[1:], strict=False):
        bias = start + inputs * outputs
        gate, gate_bias, shift = (bias + part * outputs for part in (1, 2, 3))
        layers.append(Affine(inputs, outputs, start, bias, gate=gate, gate_bias=gate_bias, shift=shift))
        start = shift + outputs
    return tuple(layers)
