"""A multilayer perceptron as a vector field, as declared: its settings, its θ, and its numpy form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from nodeviz.fields.activations import NUMPY_ACTIVATIONS
from nodeviz.fields.conditioning import Concat, ConcatSquash, Conditioning, DepthVarying, Hypernetwork, Start, Still
from nodeviz.fields.declared import DeclaredField
from nodeviz.fields.layout import Slot
from nodeviz.fields.network import (
    WEIGHTS_STREAM,
    ActivationName,
    Augmented,
    Depth,
    Width,
    deviations,
    forward,
    lifted,
)
from nodeviz.settings import Choice, described

if TYPE_CHECKING:
    from nodeviz.fields.modules.mlp import MLPModule

TIMES = (
    Choice("none", "none", "The field stands still."),
    Choice("concat", "concat", "t is one more input beside the state."),
    Choice("concatsquash", "concatsquash", "t opens a gate on every layer and shifts it, as in FFJORD."),
    Choice("hypernetwork", "hypernetwork", "A small network of t makes the weights, as in the paper's own flows."),
    Choice("depth", "depth-varying", "Every weight is a sum of cosines of t."),
)


class MLPField(DeclaredField, frozen=True, tag="mlp"):
    """A multilayer perceptron: dy/dt = W·act(… act(W·y + b) …) + b, and time may enter in several ways."""

    title: ClassVar[str] = "Network"

    width: Width = 50
    depth: Depth = 1
    activation: ActivationName = "tanh"
    time: Annotated[
        Literal["none", "concat", "concatsquash", "hypernetwork", "depth"],
        described("time", "How the field may change in time.", choices=TIMES),
    ] = "none"
    augmented: Augmented = 0
    cubed: Annotated[bool, described("cubed inputs", "Feed y³ in place of y, as the spiral's own field does.")] = True
    first_weights: Annotated[
        float,
        described(
            "first weights",
            "From Reset on, how many times as large as usual the first weights start: larger bends the field finer.",
            low=0.1,
            high=10.0,
            scale="log",
            at_reset=True,
        ),
    ] = 1.0
    hyper_width: Annotated[
        int, described("hypernetwork width", "Units in each layer of the small network of t.", low=1, high=128)
    ] = 32
    terms: Annotated[int, described("terms", "How many cosines of t a depth-varying weight has.", low=2, high=16)] = 4
    span: Annotated[
        float,
        described(
            "time span",
            "Depth-varying weights have their freedom on [0, span] and mirror it beyond.",
            low=0.1,
            high=100.0,
            scale="log",
        ),
    ] = 1.0

    @property
    def sizes(self) -> tuple[int, ...]:
        """Features in each layer, from the state to the velocity."""
        return (self.dim, *[self.width] * self.depth, self.dim)

    @property
    def autonomous(self) -> bool:
        """Whether t is no input."""
        return self.time == "none"

    @property
    def idle(self) -> frozenset[str]:
        """The settings of ways for time to enter that are not chosen."""
        used = {"hypernetwork": {"hyper_width"}, "depth": {"terms", "span"}}.get(self.time, set())
        return frozenset({"hyper_width", "terms", "span"} - used)

    @property
    def conditioning(self) -> Conditioning:
        """How time enters the layers."""
        match self.time:
            case "none":
                return Still(self.sizes)
            case "concat":
                return Concat(self.sizes)
            case "concatsquash":
                return ConcatSquash(self.sizes)
            case "hypernetwork":
                return Hypernetwork(self.sizes, self.hyper_width)
            case "depth":
                return DepthVarying(self.sizes, self.terms, self.span)

    def layout(self) -> tuple[Slot, ...]:
        """As the conditioning names them; without one, as `torch.nn.Linear` does."""
        return self.conditioning.layout()

    def initial_parameters(self, seed: int) -> NDArray[np.float32]:
        """Normal weights, small in the last layer: a flow that starts near the identity."""
        weights, biases = deviations(self.sizes, self.activation, self.cubed, self.first_weights)
        start = Start(np.random.default_rng([seed, WEIGHTS_STREAM]), weights, biases)
        return np.concatenate([np.ravel(piece) for piece in self.conditioning.initial(start)]).astype(np.float32)

    def velocity(self, theta: NDArray[np.float32], t: float, y: NDArray[np.floating]) -> NDArray[np.floating]:
        """f(y, t, θ) in numpy, y (n, 2) -> (n, 2)."""
        layers = self.conditioning.layers_at(self.split(theta), t)
        state = lifted(y, self.augmented)
        features = state * state * state if self.cubed else state
        return forward(layers, NUMPY_ACTIVATIONS[self.activation], features)[..., :2]

    def module(self, theta: NDArray[np.float32]) -> MLPModule:
        """The field as a torch module."""
        from nodeviz.fields.modules.mlp import MLPModule

        return MLPModule(self, theta)

    def torch_source(self) -> str:
        """Source of a class `Field(torch.nn.Module)` that needs torch alone."""
        from nodeviz.fields.mlp_source import mlp_source

        return mlp_source(self)
