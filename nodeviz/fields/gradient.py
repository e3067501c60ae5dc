"""A gradient field, as declared: downhill on a learnt potential."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nodeviz.fields.activations import NUMPY_ACTIVATIONS
from nodeviz.fields.conditioning import Start, Still
from nodeviz.fields.declared import DeclaredField
from nodeviz.fields.layout import Slot
from nodeviz.fields.network import WEIGHTS_STREAM, ActivationName, Augmented, Depth, Width, deviations, lifted

if TYPE_CHECKING:
    from nodeviz.fields.modules.gradient import GradientModule


class Bent(NamedTuple):
    """A hidden layer's features (n, width), and the slope of the bend there."""

    features: NDArray[np.floating]
    slope: NDArray[np.floating]


class GradientField(DeclaredField, frozen=True, tag="gradient"):
    """Downhill on a potential: dy/dt = -∇V(y), where V is a network; nothing can turn in a circle."""

    title: ClassVar[str] = "Gradient"

    width: Width = 50
    depth: Depth = 1
    activation: ActivationName = "tanh"
    augmented: Augmented = 0

    @property
    def sizes(self) -> tuple[int, ...]:
        """Features in each layer, from the state to the potential."""
        return (self.dim, *[self.width] * self.depth, 1)

    @property
    def autonomous(self) -> bool:
        """The potential stands still."""
        return True

    def layout(self) -> tuple[Slot, ...]:
        """Weight (out, in) and bias (out,) of each layer but the last, which has no bias: it would move nothing."""
        return Still(self.sizes).layout()[:-1]

    def initial_parameters(self, seed: int) -> NDArray[np.float32]:
        """As a network's."""
        weights, biases = deviations(self.sizes, self.activation)
        start = Start(np.random.default_rng([seed, WEIGHTS_STREAM]), weights, biases)
        pieces = [np.ravel(piece) for piece in Still(self.sizes).initial(start)]
        return np.concatenate(pieces[:-1]).astype(np.float32)

    def potential(self, theta: NDArray[np.float32], t: float, y: NDArray[np.floating]) -> NDArray[np.floating]:
        """V(y, θ) in numpy, y (n, 2) -> (n,), where the augmented dimensions are zero."""
        *_, (features, _) = self._hidden(theta, y)
        return features @ self.split(theta)[f"layers.{self.depth}.weight"][0]

    def velocity(self, theta: NDArray[np.float32], t: float, y: NDArray[np.floating]) -> NDArray[np.floating]:
        """-∇V(y, θ) in numpy, y (n, 2) -> (n, 2)."""
        parts = self.split(theta)
        slopes = [slope for _, slope in self._hidden(theta, y)]
        uphill = parts[f"layers.{self.depth}.weight"]
        for i in range(self.depth - 1, -1, -1):
            uphill = (uphill * slopes[i]) @ parts[f"layers.{i}.weight"]
        return -uphill[..., :2]

    def module(self, theta: NDArray[np.float32]) -> GradientModule:
        """The field as a torch module."""
        from nodeviz.fields.modules.gradient import GradientModule

        return GradientModule(self, theta)

    def torch_source(self) -> str:
        """Source of a class `Field(torch.nn.Module)` that needs torch alone."""
        from nodeviz.fields.gradient_source import gradient_source

        return gradient_source(self)

    def _hidden(self, theta: NDArray[np.float32], y: NDArray[np.floating]) -> Iterator[Bent]:
        activation, parts = NUMPY_ACTIVATIONS[self.activation], self.split(theta)
        features = lifted(y, self.augmented)
        for i in range(self.depth):
            z = features @ parts[f"layers.{i}.weight"].T + parts[f"layers.{i}.bias"]
            features = activation.apply(z)
            yield Bent(features, activation.slope(z))
