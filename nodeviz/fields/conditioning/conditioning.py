"""What every way of time to enter a perceptron says of itself: its parameters, its layers at a time, its source."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nodeviz.fields.layout import Slot

Array = NDArray[np.floating]
Parts = Mapping[str, Array]


class Affine(NamedTuple):
    """A layer at one time: x -> weight x + bias, with weight (out, in) and bias (out,)."""

    weight: Array
    bias: Array


class Start(NamedTuple):
    """What weights are drawn with: a generator, and the deviation of each layer's weights and biases."""

    draw: np.random.Generator
    weights: Sequence[float]
    biases: Sequence[float]

    def weight(self, layer: int, *shape: int) -> Array:
        return self.weights[layer] * self.draw.standard_normal(shape)

    def bias(self, layer: int, *shape: int) -> Array:
        return self.biases[layer] * self.draw.standard_normal(shape) if self.biases[layer] else np.zeros(shape)


class Source(NamedTuple):
    """Pieces of a written torch module.

    `classes` come before it, `members` are what its constructor sets, and `body` ends its forward(t, y): from the
    features `h`, which may be changed there, to the velocity. {activation} in the body is one of `h`.
    """

    classes: str
    members: str
    body: str


@dataclass(frozen=True)
class Conditioning(ABC):
    """How time enters a perceptron whose layers have `sizes` features, from the state to the velocity."""

    sizes: tuple[int, ...]

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """Features out of and into each layer."""
        return tuple((outputs, inputs) for inputs, outputs in pairwise(self.sizes))

    @abstractmethod
    def layout(self) -> tuple[Slot, ...]:
        """The named parts of θ, in order."""

    @abstractmethod
    def initial(self, start: Start) -> Iterator[Array]:
        """What each part of θ starts as, in the layout's order."""

    @abstractmethod
    def layers_at(self, parts: Parts, t: float) -> list[Affine]:
        """The layers at time t, in numpy."""

    @abstractmethod
    def source(self) -> Source:
        """The same in torch, as text."""


TIME_AS_TENSOR = "        t = torch.as_tensor(t, dtype=y.dtype, device=y.device).unsqueeze(-1)\n"
"""For bodies that read t: of shape (1,), or (..., 1) where every point has its own."""


def members_source(name: str, modules: Sequence[str]) -> str:
    """A constructor's lines that set `name` to a list of modules."""
    listed = "".join(f"                {module},\n" for module in modules)
    return f"        self.{name} = torch.nn.ModuleList(\n            [\n{listed}            ]\n        )\n"


def body_source(call: str) -> str:
    """The body for layers that are called one after the other as `call`, with a bend between them."""
    return f"""\
        for layer in self.layers[:-1]:
            h = {call}
            h = {{activation}}
        layer = self.layers[-1]
        return {call}
"""
