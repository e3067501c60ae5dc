"""How a field says which of its weights are made from time, and of what."""

from __future__ import annotations

from ctypes import c_int64, pointer
from dataclasses import dataclass

from solver.native.affine import Affine, places_of_layers
from solver.native.structures import MakingPlaces, NetworkPlaces

TANH = 0
"""The kernel's code of it."""


@dataclass(frozen=True)
class Cosines:
    """All weights are Σ_k θ_k cos(π k t / span), with k = 0 … terms - 1.

    They come in pieces of these sizes; in θ, the terms of a piece follow one another.
    """

    sizes: tuple[int, ...]
    terms: int
    span: float

    @property
    def known(self) -> int:
        """How many flat weights there are. Places from there on are in what is made."""
        return self.terms * self.made

    @property
    def made(self) -> int:
        """How many numbers are made."""
        return sum(self.sizes)

    def places(self) -> MakingPlaces:
        """As the kernel takes it."""
        sizes = (c_int64 * len(self.sizes))(*self.sizes)
        return MakingPlaces(1, self.known, self.made, len(self.sizes), self.terms, 0, 0, self.span, sizes, None)


@dataclass(frozen=True)
class Hypernetwork:
    """`layers` with tanh between them take t to weights W, V and G, each (width, dim), and b (width,).

    What is made is W, the transpose of V σ(G) / width, and b: the first layer and the last of a perceptron whose output
    is a mean over its gated units. Source: Chen et al. (2018), section 4.1, in the form of its authors' code.
    """

    layers: tuple[Affine, ...]
    width: int
    dim: int
    known: int
    """How many flat weights there are. Places from there on are in what is made."""

    def __post_init__(self) -> None:
        outputs = 3 * self.width * self.dim + self.width
        if (self.layers[0].inputs, self.layers[-1].outputs) != (1, outputs):
            raise ValueError(
                f"A hypernetwork takes t to {outputs} numbers here; "
                f"this one takes {self.layers[0].inputs} to {self.layers[-1].outputs}."
            )

    @property
    def made(self) -> int:
        """How many numbers are made."""
        return 2 * self.width * self.dim + self.width

    def places(self) -> MakingPlaces:
        """As the kernel takes it."""
        network = NetworkPlaces(len(self.layers), TANH, 0, 0.0, 0.0, places_of_layers(self.layers), None)
        sizes = (self.known, self.made, 0, 0, self.width, self.dim)
        return MakingPlaces(2, *sizes, 0.0, None, pointer(network))
