"""The linear field in torch: everything about it is exact and one product."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nodeviz.fields.modules.flat import FlatModule, Traced, TracedPullback
from nodeviz.fields.modules.layers import parts_of
from nodeviz.fields.modules.native import linear_network
from solver.field import Gradients, Pullback, RowLinearisation
from solver.native.description import NativeField

if TYPE_CHECKING:
    from nodeviz.fields.linear import LinearField


class Affine(NamedTuple):
    """A (dim, dim) and b (dim,)."""

    matrix: Tensor
    offset: Tensor


class LinearModule(FlatModule):
    """A y + b with A and b in θ."""

    def __init__(self, field: LinearField, theta: NDArray[np.float32]) -> None:
        super().__init__(theta)
        self.field = field
        self._layout = field.layout()

    def forward(self, t: Tensor | float, y: Tensor) -> Tensor:
        """The velocity at y (..., dim) through autograd."""
        matrix, offset = self._parts(self.theta)
        return y @ matrix.t() + offset

    def linearise(self, t: Tensor | float, y: Tensor) -> tuple[Tensor, Pullback]:
        """The velocity and its pullback, by hand."""
        matrix, offset = self._parts(self.theta.detach())
        state = y.detach()

        def pullback(cotangent: Tensor) -> Gradients:
            return Gradients(None, cotangent @ matrix, (_in_theta(cotangent, state),))

        return state @ matrix.t() + offset, pullback

    def native(self, trace: float = 0.0) -> NativeField | None:
        """For the solver's kernel."""
        return NativeField(linear_network(self.field, trace), self.theta) if self._is_just(LinearModule) else None

    def linearise_rows(self, t: Tensor, y: Tensor) -> RowLinearisation:
        """The same Jacobian in each row of y (rows, dim), and the pullback to θ."""
        state = y.detach()
        matrix = self._parts(self.theta.detach()).matrix

        def pull_parameters(cotangent: Tensor) -> Sequence[Tensor | None]:
            return (_in_theta(cotangent, state),)

        return RowLinearisation(matrix.expand(len(state), -1, -1), pull_parameters)

    def evaluate_traced(self, t: Tensor | float, y: Tensor) -> Traced:
        """The velocity at y (batch, dim) and the trace of A, the same for every row."""
        matrix, offset = self._parts(self.theta.detach())
        return Traced(y.detach() @ matrix.t() + offset, matrix.trace().expand(len(y)))

    def linearise_traced(self, t: Tensor | float, y: Tensor) -> tuple[Traced, TracedPullback]:
        """The velocity at y (batch, dim), the trace of A, and the pullback of both."""
        matrix, offset = self._parts(self.theta.detach())
        state = y.detach()

        def pullback(in_dy: Tensor, in_trace: Tensor) -> Gradients:
            in_theta = _in_theta(in_dy, state)
            in_theta[: matrix.numel()].view(matrix.shape).diagonal().add_(in_trace.sum())
            return Gradients(None, in_dy @ matrix, (in_theta,))

        return Traced(state @ matrix.t() + offset, matrix.trace().expand(len(y))), pullback

    def _parts(self, theta: Tensor) -> Affine:
        return Affine(*parts_of(self._layout, theta))


def _in_theta(cotangent: Tensor, y: Tensor) -> Tensor:
    """Cotangents of A, flat, and of b, from the velocity's (..., dim)."""
    rows = cotangent.reshape(-1, cotangent.shape[-1])
    return torch.cat([torch.mm(rows.t(), y.reshape(rows.shape)).view(-1), rows.sum(0)])
