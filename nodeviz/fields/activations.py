"""The activations an MLP may have: a sentence each, and their numpy form."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Activation = Callable[[NDArray[np.floating]], NDArray[np.floating]]

ACTIVATIONS = {
    "tanh": "Smooth and bounded: the demo's choice.",
    "softplus": "Smooth, never negative.",
    "elu": "Linear above zero, exponential below.",
    "silu": "Smooth, nearly linear above zero.",
    "relu": "Linear above zero, nothing below: a field with kinks, which costs an adaptive solver steps.",
    "sine": "Periodic: bends often, also far from the data.",
}


def _sigmoid(z: NDArray[np.floating]) -> NDArray[np.floating]:
    return 0.5 * (1.0 + np.tanh(0.5 * z))


NUMPY_ACTIVATIONS: dict[str, Activation] = {
    "tanh": np.tanh,
    "softplus": lambda z: np.logaddexp(z, 0.0),
    "elu": lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0.0))),
    "silu": lambda z: z * _sigmoid(z),
    "relu": lambda z: np.maximum(z, 0.0),
    "sine": np.sin,
}
