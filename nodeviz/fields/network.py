"""What the declared networks share: their settings, how large their weights start, and their numpy form."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Annotated, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nodeviz.fields.activations import ACTIVATIONS, NumpyActivation
from nodeviz.fields.conditioning import Affine
from nodeviz.settings import Choice, described

WEIGHTS_STREAM = 1
"""Weights, batches and noise each draw from a stream of their own of the same seed."""

GAINS = {"relu": sqrt(2.0), "silu": 2.0, "gelu": 2.0, "softplus": sqrt(2.0)}
"""Of the activations that halve what they pass; the others leave small values as they are."""

Width = Annotated[int, described("width", "Units in each hidden layer.", low=1, high=512, scale="log")]
Depth = Annotated[int, described("depth", "Hidden layers between the state and its velocity.", low=1, high=8)]
ActivationName = Annotated[
    Literal["tanh", "softplus", "elu", "silu", "gelu", "relu", "sine"],
    described(
        "activation",
        "The bend between layers.",
        choices=tuple(Choice(name, name, sentence) for name, sentence in ACTIVATIONS.items()),
    ),
]
Augmented = Annotated[
    int, described("augmented", "Dimensions of the state beside the plane's two, which start at zero.", low=0, high=8)
]


class Deviations(NamedTuple):
    """Of each layer's weights and biases."""

    weights: list[float]
    biases: list[float]


def deviations(sizes: Sequence[int], activation: str, cubed: bool = False, first: float = 1.0) -> Deviations:
    """How large weights start: a network that sees its inputs and a field that hardly moves them yet.

    Between hidden layers the deviation keeps the size of what passes through (He et al., 2015), at any depth. For
    cubed inputs the first and the last layer are as small as in the spiral demo, and there are no biases. Others were
    compared by the likelihood of flows after 50 and 150 steps on moons: with a first layer as small as that, and on
    spirals too, they learn half as fast or worse. The first layer's weights are then `first` times as large.
    """
    gain = GAINS.get(activation, 1.0)
    between = [gain / sqrt(inputs) for inputs in sizes[1:-2]]
    still = [0.0] * (len(between) + 1)
    if cubed:
        return Deviations([first * 0.1, *between, 0.1], [0.0, *still])
    return Deviations([first / sqrt(sizes[0]), *between, 0.3 / sqrt(sizes[-2])], [0.5, *still])


def lifted(y: NDArray[np.floating], augmented: int) -> NDArray[np.floating]:
    """Points (..., 2) as states (..., 2 + augmented), zero in the new dimensions."""
    return np.concatenate([y, np.zeros((*y.shape[:-1], augmented), y.dtype)], axis=-1) if augmented else y


def forward(
    layers: Sequence[Affine], activation: NumpyActivation, features: NDArray[np.floating]
) -> NDArray[np.floating]:
    """Features (n, in) through all layers, with a bend between them."""
    *hidden, last = layers
    for layer in hidden:
        features = activation.apply(features @ layer.weight.T + layer.bias)
    return features @ last.weight.T + last.bias
