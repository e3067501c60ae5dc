"""The activations a network may have: a sentence each, their numpy form and its slope."""

from __future__ import annotations

from collections.abc import Callable
from math import pi, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Function = Callable[[NDArray[np.floating]], NDArray[np.floating]]

ACTIVATIONS = {
    "tanh": "Smooth and bounded: the demo's choice.",
    "softplus": "Smooth, never negative.",
    "elu": "Linear above zero, exponential below.",
    "silu": "Smooth, nearly linear above zero; also called swish.",
    "gelu": "Smooth, nearly linear above zero, and closer to it than silu.",
    "relu": "Linear above zero, nothing below: a field with kinks, which costs an adaptive solver steps.",
    "sine": "Periodic: bends often, also far from the data.",
}


class NumpyActivation(NamedTuple):
    """An activation and its derivative."""

    apply: Function
    slope: Function


def sigmoid(z: NDArray[np.floating]) -> NDArray[np.floating]:
    """1 / (1 + exp(-z)), without overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * z))


GELU_SCALE, GELU_CUBE = sqrt(2 / pi), 0.044715
"""Of z (1 + tanh(scale (z + cube z³))) / 2: Hendrycks & Gimpel (2016), the form that needs no error function."""


def _gelu(z: NDArray[np.floating]) -> NDArray[np.floating]:
    return 0.5 * z * (1.0 + np.tanh(GELU_SCALE * (z + GELU_CUBE * z * z * z)))


def _gelu_slope(z: NDArray[np.floating]) -> NDArray[np.floating]:
    square = z * z
    bent = np.tanh(GELU_SCALE * (z + GELU_CUBE * square * z))
    return 0.5 * (1.0 + bent) + 0.5 * z * (1.0 - bent * bent) * GELU_SCALE * (1.0 + 3 * GELU_CUBE * square)


def _silu_slope(z: NDArray[np.floating]) -> NDArray[np.floating]:
    opened = sigmoid(z)
    return opened * (1.0 + z * (1.0 - opened))


NUMPY_ACTIVATIONS: dict[str, NumpyActivation] = {
    "tanh": NumpyActivation(np.tanh, lambda z: 1.0 - np.tanh(z) ** 2),
    "softplus": NumpyActivation(lambda z: np.logaddexp(z, 0.0), sigmoid),
    "elu": NumpyActivation(
        lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0.0))), lambda z: np.exp(np.minimum(z, 0.0))
    ),
    "silu": NumpyActivation(lambda z: z * sigmoid(z), _silu_slope),
    "gelu": NumpyActivation(_gelu, _gelu_slope),
    "relu": NumpyActivation(lambda z: np.maximum(z, 0.0), lambda z: (z > 0).astype(z.dtype)),
    "sine": NumpyActivation(np.sin, np.cos),
}
