"""The MLP field in torch, knowing its own derivative: an evaluation is a handful of operations and no graph."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from nodeviz.fields.modules.activations import BENDS
from nodeviz.fields.modules.conditioning import timed_layers_of
from nodeviz.fields.modules.divergence import TracedTape
from nodeviz.fields.modules.flat import FlatModule, Traced, TracedPullback
from nodeviz.fields.modules.layers import has_rows
from nodeviz.fields.modules.native import perceptron_network
from nodeviz.fields.modules.perceptron import Tape, evaluate, jacobians, pull_back, record, velocity
from solver.field import Gradients, Pullback, RowLinearisation
from solver.native.description import NativeField

if TYPE_CHECKING:
    from nodeviz.fields.mlp import MLPField


class Seen(NamedTuple):
    """θ where it was last, and the views of it that are made once."""

    theta: Tensor
    views: Any


class Moment(NamedTuple):
    """Where a pullback leads to: the time, as it came and as the layers take it, and y² where inputs are cubed."""

    came: Tensor | float
    t: Tensor | float
    square: Tensor | None
    views: Any

    def onto_time(self, in_t: Tensor | None) -> Tensor | None:
        """A cotangent of the time in the shape that it came in."""
        return in_t.view(self.came.shape) if in_t is not None and isinstance(self.came, Tensor) else in_t


class MLPModule(FlatModule):
    """The MLP of `field` with weights θ."""

    def __init__(self, field: MLPField, theta: NDArray[np.float32]) -> None:
        super().__init__(theta)
        self.field = field
        self._bend = BENDS[field.activation]
        self._layers = timed_layers_of(field.conditioning)
        self._seen: Seen | None = None

    def forward(self, t: Tensor | float, y: Tensor) -> Tensor:
        """The velocity at y (..., dim) through autograd."""
        time = t.reshape(-1) if isinstance(t, Tensor) and t.dim() else t
        layers = self._layers.at(self._layers.views(self.theta), time)
        features = (y * y * y if self.field.cubed else y).reshape(-1, self.field.dim)
        return velocity(layers, self._bend, features).view(y.shape)

    def evaluate(self, t: Tensor | float, y: Tensor) -> Tensor:
        """The velocity without an autograd graph."""
        if isinstance(t, Tensor):
            if t.dim() and not self._layers.shares_weights:
                return super().evaluate(t, y)
            t = _as_taken(t)
        state = y.detach() if y.dim() == 2 else y.detach().reshape(-1, self.field.dim)
        features = state * state * state if self.field.cubed else state
        dy = evaluate(self._layers.at(self._views(), t), self._bend, features)
        return dy if y.dim() == 2 else dy.view(y.shape)

    def linearise(self, t: Tensor | float, y: Tensor) -> tuple[Tensor, Pullback]:
        """The velocity and its pullback, by hand."""
        if has_rows(t) and not self._layers.shares_weights:
            return super().linearise(t, y)
        moment, tape = self._record(t, y)
        return tape.dy if y.dim() == 2 else tape.dy.view(y.shape), partial(self._pull_back, moment, tape)

    def linearise_rows(self, t: Tensor, y: Tensor) -> RowLinearisation:
        """The Jacobian in each row of y (rows, dim) at its own time of t (rows, 1), and the pullback to θ, by hand."""
        if not self._layers.shares_weights:
            return super().linearise_rows(t, y)
        moment, tape = self._record(t, y)
        found = jacobians(tape)
        if moment.square is not None:
            found = found * (3 * moment.square).unsqueeze(1)
        return RowLinearisation(found, lambda cotangent: self._pull_back(moment, tape, cotangent).parameters)

    def trace(self, t: Tensor | float, y: Tensor) -> Traced:
        """The velocity at y (batch, dim) and its divergence: differentiable, with no graph inside another."""
        if self._traces_by_autograd(t):
            return super().trace(t, y)
        layers = self._layers.at(self._layers.views(self.theta), t)
        return TracedTape.of(record(layers, self._bend.differentiable, y)).traced

    def evaluate_traced(self, t: Tensor | float, y: Tensor) -> Traced:
        """The velocity at y (batch, dim) and its divergence, without an autograd graph."""
        if self._traces_by_autograd(t):
            return super().evaluate_traced(t, y)
        _, tape = self._record(t, y)
        return TracedTape.of(tape).traced

    def linearise_traced(self, t: Tensor | float, y: Tensor) -> tuple[Traced, TracedPullback]:
        """The velocity at y (batch, dim), its divergence, and the pullback of both, by hand."""
        if self._traces_by_autograd(t):
            return super().linearise_traced(t, y)
        moment, tape = self._record(t, y)
        found = TracedTape.of(tape)
        return found.traced, partial(self._pull_back_traced, moment, found)

    def native(self, trace: float = 0.0) -> NativeField | None:
        """For the solver's kernel."""
        network = perceptron_network(self.field, trace) if self._is_just(MLPModule) else None
        return None if network is None else NativeField(network, self.theta)

    def _traces_by_autograd(self, t: Tensor | float) -> bool:
        whole = self._layers.shares_weights and not self._layers.gates_rows
        return self.field.cubed or (has_rows(t) and not whole)

    def _record(self, t: Tensor | float, y: Tensor) -> tuple[Moment, Tape]:
        state = y.detach() if y.dim() == 2 else y.detach().reshape(-1, self.field.dim)
        square = state * state if self.field.cubed else None
        moment = Moment(t, _as_taken(t) if isinstance(t, Tensor) else t, square, self._views())
        features = state if square is None else square * state
        return moment, record(self._layers.at(moment.views, moment.t), self._bend, features)

    def _pull_back(self, moment: Moment, tape: Tape, cotangent: Tensor) -> Gradients:
        pulled = pull_back(tape, cotangent if cotangent.dim() == 2 else cotangent.reshape(-1, self.field.dim))
        in_t, in_theta = self._layers.pull_back(moment.views, moment.t, pulled.layers)
        in_y = pulled.features if moment.square is None else pulled.features.mul_(moment.square).mul_(3)
        return Gradients(
            moment.onto_time(in_t), in_y if cotangent.dim() == 2 else in_y.view(cotangent.shape), (in_theta,)
        )

    def _pull_back_traced(self, moment: Moment, found: TracedTape, in_dy: Tensor, in_trace: Tensor) -> Gradients:
        pulled = found.pull_back(in_dy, in_trace)
        in_t, in_theta = self._layers.pull_back(moment.views, moment.t, pulled.layers)
        return Gradients(moment.onto_time(in_t), pulled.features, (in_theta,))

    def _views(self) -> Any:
        # `.double()`, `.to(device)` and a deep copy move θ elsewhere: the views then follow.
        seen, theta = self._seen, self.theta
        if seen is None or seen.theta.data_ptr() != theta.data_ptr() or seen.theta.dtype != theta.dtype:
            detached = theta.detach()
            self._seen = seen = Seen(detached, self._layers.views(detached))
        return seen.views


def _as_taken(t: Tensor) -> Tensor:
    """t as the layers take it: of no dimensions, or one entry a row. It stays on its device: nothing waits for it."""
    return t.detach().reshape(-1) if t.dim() else t.detach()
