"""A multilayer perceptron as a vector field, as declared: its settings, its θ, and its numpy form."""

from __future__ import annotations

from itertools import pairwise
from math import sqrt
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from nodeviz.fields.activations import ACTIVATIONS, NUMPY_ACTIVATIONS
from nodeviz.fields.declared import DeclaredField
from nodeviz.fields.layout import Slot
from nodeviz.settings import Choice, described

if TYPE_CHECKING:
    from nodeviz.fields.modules.mlp import MLPModule

WEIGHTS_STREAM = 1
"""Weights, batches and noise each draw from a stream of their own of the same seed."""

GAINS = {"relu": sqrt(2.0), "silu": 2.0, "softplus": sqrt(2.0)}
"""Of the activations that halve what they pass; the others leave small values as they are."""

ACTIVATION_CHOICES = tuple(Choice(name, name, sentence) for name, sentence in ACTIVATIONS.items())


class MLPField(DeclaredField, frozen=True, tag="mlp"):
    """dy/dt = W·act(… act(W·features + b) …) + b, with features y or y³, and t beside them when asked."""

    width: Annotated[int, described("width", "Units in each hidden layer.", low=1, high=512, scale="log")] = 50
    depth: Annotated[int, described("depth", "Hidden layers between the state and its velocity.", low=1, high=8)] = 1
    activation: Annotated[
        Literal["tanh", "softplus", "elu", "silu", "relu", "sine"],
        described("activation", "The bend between layers.", choices=ACTIVATION_CHOICES),
    ] = "tanh"
    cubed: Annotated[bool, described("cubed inputs", "Feed y³ in place of y, as the spiral's own field does.")] = True
    time_input: Annotated[bool, described("time input", "Feed t beside y, so that the field may change in time.")] = (
        False
    )

    @property
    def sizes(self) -> tuple[int, ...]:
        """Features in each layer, from the inputs to the velocity."""
        return (2 + self.time_input, *[self.width] * self.depth, 2)

    @property
    def autonomous(self) -> bool:
        """Whether t is no input."""
        return not self.time_input

    def layout(self) -> tuple[Slot, ...]:
        """Weight (out, in) and bias (out,) of each layer, named as `torch.nn.Linear` names them."""
        slots = []
        for i, (inputs, outputs) in enumerate(pairwise(self.sizes)):
            slots += [Slot(f"layers.{i}.weight", (outputs, inputs)), Slot(f"layers.{i}.bias", (outputs,))]
        return tuple(slots)

    def initial_parameters(self, seed: int) -> NDArray[np.float32]:
        """Normal weights, zero biases: of deviation 0.1 in the first and last layer, as in the spiral demo.

        Between hidden layers the deviation keeps the size of what passes through (He et al., 2015), at any depth.
        """
        draw = np.random.default_rng([seed, WEIGHTS_STREAM])
        between = GAINS.get(self.activation, 1.0) / sqrt(self.width)
        pieces = []
        for i, (inputs, outputs) in enumerate(pairwise(self.sizes)):
            deviation = between if 0 < i < self.depth else 0.1
            pieces += [deviation * draw.standard_normal(outputs * inputs), np.zeros(outputs)]
        return np.concatenate(pieces).astype(np.float32)

    def velocity(self, theta: NDArray[np.float32], t: float, y: NDArray[np.floating]) -> NDArray[np.floating]:
        """f(y, t, θ) in numpy, y (n, 2) -> (n, 2)."""
        parts = self.split(theta)
        hidden = y * y * y if self.cubed else y
        if self.time_input:
            hidden = np.concatenate([hidden, np.full((*y.shape[:-1], 1), t, y.dtype)], axis=-1)
        activate = NUMPY_ACTIVATIONS[self.activation]
        for i in range(self.depth):
            hidden = activate(hidden @ parts[f"layers.{i}.weight"].T + parts[f"layers.{i}.bias"])
        return hidden @ parts[f"layers.{self.depth}.weight"].T + parts[f"layers.{self.depth}.bias"]

    def module(self, theta: NDArray[np.float32]) -> MLPModule:
        """The field as a torch module."""
        from nodeviz.fields.modules.mlp import MLPModule

        return MLPModule(self, theta)

    def torch_source(self) -> str:
        """Source of a class `Field(torch.nn.Module)` that needs torch alone."""
        from nodeviz.fields.mlp_source import mlp_source

        return mlp_source(self)
