"""The fields once more, as functions in jax of the weights that the torch modules have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from torch.nn import Module

from benchmarks.modules import Flow, Perceptron

Weights = Sequence[Any]
FieldInJax = Callable[[Any, Any, Weights], Any]
"""(t, y, weights) -> dy."""


def in_jax(module: Module) -> FieldInJax:
    """The same function. Raises `ValueError` for a module that has no twin here."""
    if isinstance(module, Perceptron):
        return _cubed if module.cubed else _perceptron
    if isinstance(module, Flow):
        return _flow
    raise ValueError(f"There is no {type(module).__name__} in jax; write one in {__name__}.")


def _perceptron(t: Any, y: Any, weights: Weights) -> Any:
    for i in range(0, len(weights) - 2, 2):
        y = jnp.tanh(y @ weights[i].T + weights[i + 1])
    return y @ weights[-2].T + weights[-1]


def _cubed(t: Any, y: Any, weights: Weights) -> Any:
    return _perceptron(t, y * y * y, weights)


def _velocity(t: Any, x: Any, weights: Weights) -> Any:
    for i in range(0, len(weights), 5):
        weight, bias, gate, gate_bias, shift = weights[i : i + 5]
        x = (x @ weight.T + bias) * jax.nn.sigmoid(gate[:, 0] * t + gate_bias) + shift[:, 0] * t
        if i + 5 < len(weights):
            x = jnp.tanh(x)
    return x


def _flow(t: Any, state: Any, weights: Weights) -> Any:
    """The trace by one tangent for each of the two entries, which is what jax does best."""
    x = state[:, :2]

    def along(direction: Any) -> Any:
        return jax.jvp(lambda at: _velocity(t, at, weights), (x,), (jnp.broadcast_to(direction, x.shape),))

    dx, tangents = jax.vmap(along, out_axes=(None, 0))(jnp.eye(2, dtype=x.dtype))
    return jnp.concatenate([dx, -(tangents[0, :, :1] + tangents[1, :, 1:])], 1)
