"""A field with the logarithm of a density beside its state: what a continuous flow is solved with."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from nodeviz.fields.modules.flat import FlatModule
from solver.field import Gradients, Pullback
from solver.native.description import NativeField


class TracedField(torch.nn.Module):
    """(t, z) -> dz/dt, where z (batch, dim + 1) is a state y and, last, the change of its log-density along the flow.

    d log p(y(t)) / dt = -div f, the instantaneous change of variables (Chen et al., 2018, theorem 1). The divergence is
    exact.
    """

    def __init__(self, inner: FlatModule) -> None:
        super().__init__()
        self.inner = inner

    @property
    def theta(self) -> torch.nn.Parameter:
        """θ of the field inside."""
        return self.inner.theta

    def forward(self, t: Tensor | float, z: Tensor) -> Tensor:
        """Differentiable by autograd."""
        dy, trace = self.inner.trace(t, z[:, :-1])
        return torch.cat((dy, -trace.unsqueeze(1)), 1)

    def evaluate(self, t: float, z: Tensor) -> Tensor:
        """Without an autograd graph."""
        dy, trace = self.inner.evaluate_traced(t, z[:, :-1])
        return torch.cat((dy, -trace.unsqueeze(1)), 1)

    def linearise(self, t: float, z: Tensor) -> tuple[Tensor, Pullback]:
        """Also the map from a cotangent (batch, dim + 1) to the gradients in t, z and θ."""
        (dy, trace), pull_traced = self.inner.linearise_traced(t, z[:, :-1])

        def pullback(cotangent: Tensor) -> Gradients:
            in_t, in_y, in_theta = pull_traced(cotangent[:, :-1], -cotangent[:, -1])
            # the velocity does not depend on the density
            return Gradients(in_t, None if in_y is None else torch.nn.functional.pad(in_y, (0, 1)), in_theta)

        return torch.cat((dy, -trace.unsqueeze(1)), 1), pullback

    def native(self) -> NativeField | None:
        """For the solver's kernel, where it knows the field inside."""
        return self.inner.native(trace=-1.0)

    def repeats(self) -> object | None:
        """The promise of the field inside, which this one is made from."""
        return self.inner.repeats()

    def parameters(self, recurse: bool = True) -> Iterator[torch.nn.Parameter]:
        """θ alone."""
        return self.inner.parameters(recurse)
