"""How a field says by plain numbers that it is a network, so that the kernel in C can evaluate it."""

from __future__ import annotations

from collections.abc import Callable
from ctypes import pointer
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol, TypeGuard, runtime_checkable
from weakref import WeakKeyDictionary

from torch import Tensor

from solver.native.affine import Affine, concatsquash_layers, dense_layers, places_of_layers
from solver.native.making import Cosines, Hypernetwork
from solver.native.structures import NetworkPlaces

__all__ = [
    "ACTIVATIONS",
    "Affine",
    "Cosines",
    "Hypernetwork",
    "NativeField",
    "Network",
    "concatsquash_layers",
    "dense_layers",
    "describes_itself",
]

Making = Cosines | Hypernetwork

ACTIVATIONS = ("tanh", "softplus", "elu", "silu", "relu", "sine", "gelu")
"""What the kernel can bend with, in the order of its codes (kernel/activations.h)."""


@dataclass(frozen=True)
class Network:
    """dy/dt from y through `layers` with `activation` between them; from y³ where `cubed`.

    With a `gradient` that is not zero, the last layer's one output is a potential, and dy/dt is `gradient` times the
    potential's gradient in y. With a `trace` that is not zero, a state has one more entry, whose slope is `trace` times
    the divergence. With a `making`, layers may be among the numbers that it makes from time: their places are then
    beyond the flat weights.
    """

    layers: tuple[Affine, ...]
    activation: str
    cubed: bool = False
    trace: float = 0.0
    gradient: float = 0.0
    making: Making | None = None

    def __post_init__(self) -> None:
        ends = (self.layers[0].inputs, self.layers[-1].outputs)
        if self.gradient and ends[1] != 1:
            raise ValueError(f"A potential is one number; this network has {ends[1]} outputs.")
        if not self.gradient and ends[0] != ends[1]:
            raise ValueError(f"A field has as many outputs as inputs; this network has {ends[1]} and {ends[0]}.")
        for before, after in zip(self.layers, self.layers[1:], strict=False):
            if before.outputs != after.inputs:
                raise ValueError(f"A layer of {after.inputs} inputs follows one of {before.outputs} outputs.")
        known = None if self.making is None else self.making.known
        if known is not None and any(not layer.is_plain for layer in self.layers if layer.weight >= known):
            raise ValueError("A layer that is made from time has a weight and a bias alone, no gates.")
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
        layers, bend = places_of_layers(self.layers), ACTIVATIONS.index(self.activation)
        making = None if self.making is None else pointer(self.making.places())
        return NetworkPlaces(len(self.layers), bend, self.cubed, self.trace, self.gradient, layers, making)


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
