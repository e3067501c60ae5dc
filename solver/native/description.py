"""How a field says by plain numbers that it is a network, so that the kernel in C can evaluate it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol, TypeGuard, runtime_checkable
from weakref import WeakKeyDictionary

from torch import Tensor

from solver.native.structures import LayerPlaces, NetworkPlaces

ACTIVATIONS = ("tanh", "softplus", "elu", "silu", "relu", "sine", "gelu")
"""What the kernel can bend with, in the order of its codes (kernel/activations.h)."""


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


@dataclass(frozen=True)
class Network:
    """dy/dt from y through `layers` with `activation` between them; from y³ where `cubed`.

    With a `gradient` that is not zero, the last layer's one output is a potential, and dy/dt is `gradient` times the
    potential's gradient in y. With a `trace` that is not zero, a state has one more entry, whose slope is `trace` times
    the divergence.
    """

    layers: tuple[Affine, ...]
    activation: str
    cubed: bool = False
    trace: float = 0.0
    gradient: float = 0.0

    def __post_init__(self) -> None:
        ends = (self.layers[0].inputs, self.layers[-1].outputs)
        if self.gradient and ends[1] != 1:
            raise ValueError(f"A potential is one number; this network has {ends[1]} outputs.")
        if not self.gradient and ends[0] != ends[1]:
            raise ValueError(f"A field has as many outputs as inputs; this network has {ends[1]} and {ends[0]}.")
        for before, after in zip(self.layers, self.layers[1:], strict=False):
            if before.outputs != after.inputs:
                raise ValueError(f"A layer of {after.inputs} inputs follows one of {before.outputs} outputs.")
        if self.activation not in ACTIVATIONS:
            raise ValueError(f"The kernel has no activation {self.activation!r}; it has {', '.join(ACTIVATIONS)}.")

    @property
    def entries(self) -> int:
        """Of a sample's state."""
        return self.layers[0].inputs + (self.trace != 0.0)

    @cached_property
    def multiplications(self) -> int:
        """In one evaluation of one sample."""
        traced, uphill = self.trace != 0.0, self.gradient != 0.0
        columns = 1 + (traced or uphill) * self.layers[0].inputs + (traced and uphill)
        return columns * sum(map(Affine.size, self.layers))

    def places(self) -> NetworkPlaces:
        """As the kernel takes it."""
        layers = (LayerPlaces * len(self.layers))(*(layer.places() for layer in self.layers))
        bend = ACTIVATIONS.index(self.activation)
        return NetworkPlaces(len(self.layers), bend, self.cubed, self.trace, self.gradient, layers)


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


class NativeField(NamedTuple):
    """A network, its flat weights, and how much later than the solve's time each sample is, (batch,), where it is.

    `attend` is called every few milliseconds of a solve; what it raises abandons the solve.
    """

    network: Network
    theta: Tensor
    clocks: Tensor | None = None
    attend: Callable[[], None] | None = None


@runtime_checkable
class DescribesItself(Protocol):
    """A field that the kernel may be able to evaluate."""

    def native(self) -> NativeField | None:
        """Exactly the function that `evaluate` computes, or None where it is none that the kernel knows."""
        ...


def describes_itself(field: object) -> TypeGuard[DescribesItself]:
    """Whether the field is a DescribesItself. Asked of each class once: protocols are slow to check."""
    kind = type(field)
    if kind not in _describing:
        _describing[kind] = issubclass(kind, DescribesItself)
    return _describing[kind]


_describing: WeakKeyDictionary[type, bool] = WeakKeyDictionary()
