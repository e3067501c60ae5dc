"""A torch module whose parameters are one flat vector: what every declared field becomes in a worker."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from solver.field import Gradients, Pullback, RowLinearisation, RowwiseAutogradField, paired
from solver.native.description import NativeField


class Traced(NamedTuple):
    """A velocity (batch, dim) and the divergence of the field there, (batch,): the trace of its Jacobian in y."""

    dy: Tensor
    trace: Tensor


TracedPullback = Callable[[Tensor, Tensor], Gradients]
"""Cotangents of the velocity (batch, dim) and of the divergence (batch,) -> those of t, y and (theta,)."""


class FlatModule(torch.nn.Module, ABC):
    """(t, y) -> dy with y (..., dim). Its one parameter `theta` (parameters,) holds θ.

    `evaluate`, `linearise` and `linearise_rows` are the solver's fast path. Here they go through autograd; a
    field that knows its own derivative overrides them.
    """

    theta: torch.nn.Parameter

    def __init__(self, theta: NDArray[np.float32]) -> None:
        super().__init__()
        self.theta = torch.nn.Parameter(torch.from_numpy(np.array(theta, np.float32)))

    @abstractmethod
    def forward(self, t: Tensor | float, y: Tensor) -> Tensor:
        """The velocity at y (..., dim), differentiable in t, y and theta. t is a number or of shape y.shape[:-1]."""

    def evaluate(self, t: Tensor | float, y: Tensor) -> Tensor:
        """The velocity without an autograd graph."""
        with torch.no_grad():
            return self(t, y)

    def linearise(self, t: Tensor | float, y: Tensor) -> tuple[Tensor, Pullback]:
        """The velocity, and the map from a cotangent of it to the gradients in t (of t's shape), y and theta."""
        with torch.enable_grad():
            time = torch.as_tensor(t, dtype=y.dtype, device=y.device).detach().requires_grad_()
            state = y.detach().requires_grad_()
            dy = self(time, state)

        def pullback(cotangent: Tensor) -> Gradients:
            if not dy.requires_grad:
                return Gradients(None, None, (None,))
            sources = (time, state, self.theta)
            in_t, in_y, in_theta = torch.autograd.grad(paired(dy, cotangent), sources, allow_unused=True)
            return Gradients(in_t, in_y, (in_theta,))

        return dy.detach(), pullback

    def linearise_rows(self, t: Tensor, y: Tensor) -> RowLinearisation:
        """The Jacobian in each row of y (rows, 2) at its own time of t (rows, 1), and the pullback to theta."""
        by_rows = RowwiseAutogradField(lambda time, state: self(time.squeeze(-1), state), (self.theta,), y)
        return by_rows.linearise_rows(t, y)

    def trace(self, t: Tensor | float, y: Tensor) -> Traced:
        """The velocity at y (batch, dim) and its divergence, through autograd: differentiable in t, y and theta."""
        with torch.enable_grad():
            state = y if y.requires_grad else y.detach().requires_grad_()
            dy = self(t, state)
            trace = state.new_zeros(state.shape[0])
            for i in range(state.shape[-1] if dy.requires_grad else 0):
                (slope,) = torch.autograd.grad(dy[:, i].sum(), state, create_graph=True, materialize_grads=True)
                trace = trace + slope[:, i]
        return Traced(dy, trace)

    def evaluate_traced(self, t: Tensor | float, y: Tensor) -> Traced:
        """The velocity at y (batch, dim) and its divergence, without an autograd graph."""
        found = self.trace(t, y.detach())
        return Traced(found.dy.detach(), found.trace.detach())

    def linearise_traced(self, t: Tensor | float, y: Tensor) -> tuple[Traced, TracedPullback]:
        """The velocity at y (batch, dim), its divergence, and the pullback of both."""
        with torch.enable_grad():
            time = torch.as_tensor(t, dtype=y.dtype, device=y.device).detach().requires_grad_()
            state = y.detach().requires_grad_()
            found = self.trace(time, state)

        def pullback(in_dy: Tensor, in_trace: Tensor) -> Gradients:
            # the divergence of a field that is linear in y has no graph, and neither has a constant velocity
            pairs = zip(found, (in_dy, in_trace), strict=True)
            pulled = [paired(one, cotangent) for one, cotangent in pairs if one.requires_grad]
            if not pulled:
                return Gradients(None, None, (None,))
            sources = (time, state, self.theta)
            in_t, in_y, in_theta = torch.autograd.grad(pulled, sources, allow_unused=True)
            return Gradients(in_t, in_y, (in_theta,))

        return Traced(found.dy.detach(), found.trace.detach()), pullback

    def native(self, trace: float = 0.0) -> NativeField | None:
        """What the solver's kernel in C needs to evaluate this very field, or None: then torch does it.

        With a `trace`, states have one more entry, whose slope is `trace` times the divergence.
        """
        return None

    def repeats(self) -> object | None:
        """The promise of the solver's `RepeatableField`: evaluations read nothing but t, y and θ, in place."""
        return self if self._is_just(type(self)) else None

    def _is_just(self, kind: type) -> bool:
        """Whether this is of that class, nothing derived from it, and nobody has put another `evaluate` before it."""
        return type(self) is kind and not self.__dict__.keys() & {"evaluate", "linearise"}

    def parameters(self, recurse: bool = True) -> Iterator[torch.nn.Parameter]:
        """θ alone. torch's search for it would take longer than an evaluation."""
        return iter((self.theta,))
