"""What a field's Jacobian is at a state: a block for each sample, or one block where samples depend on one another."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor

from solver.field import AutogradField, FlatField, Gradients, Pullback, paired, takes_many_rows

MOST_COUPLED = 4096
"""The Jacobian of a state whose samples depend on one another has this many rows and columns at most: 128 MiB."""


@runtime_checkable
class BlockwiseField(Protocol):
    """A field that knows blocks on the diagonal of its Jacobian which suffice to solve for stages."""

    def blocks(self, t: float, y: Tensor) -> Tensor:
        """Blocks (samples, dim, dim), for the first samples · dim entries of y. Nothing depends on the others."""
        ...


class Valued(NamedTuple):
    """A field at one state, flat, and the blocks of its Jacobian there."""

    dy: Tensor
    blocks: Tensor


class Tangent(NamedTuple):
    """A field at one state, to first order: its value, its blocks, and its pullback, all of them flat."""

    dy: Tensor
    blocks: Tensor
    pullback: Pullback


class _Opened(NamedTuple):
    """A field at one state. Both pull back any number of times, the first one to the state alone."""

    dy: Tensor
    pull_state: Callable[[Tensor], Tensor]
    pullback: Pullback


class Jacobians:
    """The Jacobians of a field on states (…, dim), as blocks (samples, dim, dim): [s, i, j] = ∂f_i/∂y_j of sample s.

    Each costs one evaluation and `dim` pullbacks (a field that cannot pull back twice is evaluated again for each), or
    one call of a RowwiseField. That the samples do not depend on one another is tried once, with random cotangents;
    where they do, or where the state has one axis, the whole state is one sample.
    """

    def __init__(self, field: FlatField) -> None:
        self._field = field
        entries, shape = field.shape.numel(), field.shape
        self._dim = shape[-1] if len(shape) > 1 else entries
        self._tried = self._dim == entries or takes_many_rows(field.inner)

    def with_value(self, t: float, y: Tensor) -> Valued:
        """The field and its blocks at (t, y)."""
        if isinstance(self._field.inner, AutogradField):
            tangent = self.linearise(t, y)
            return Valued(tangent.dy, tangent.blocks)
        return Valued(self._field.evaluate(t, y), self.blocks(t, y))

    def blocks(self, t: float, y: Tensor) -> Tensor:
        """The blocks at (t, y)."""
        inner = self._field.inner
        if isinstance(inner, BlockwiseField):
            self._field.jacobians += 1
            return inner.blocks(t, y)
        if takes_many_rows(inner):
            self._field.jacobians += 1
            self._field.evaluations += 1
            rows = y.view(-1, self._field.shape[-1] if self._field.shape else 1)
            return inner.linearise_rows(y.new_full((len(rows), 1), t), rows).jacobians
        return self.linearise(t, y).blocks

    def linearise(self, t: float, y: Tensor) -> Tangent:
        """The field at (t, y), with its blocks. Its pullback takes flat cotangents."""
        self._field.jacobians += 1
        opened = self._open(t, y)
        blocks = self._pulled(opened, y)
        if not self._tried:
            self._tried = True
            if _coupled(opened, blocks):
                self._dim = y.numel()
                self._refuse_large(self._dim)
                blocks = self._pulled(opened, y)
        return Tangent(opened.dy, blocks, opened.pullback)

    def _pulled(self, opened: _Opened, y: Tensor) -> Tensor:
        """The rows of all blocks, by pulling back one entry of every sample at a time."""
        self._refuse_large(self._dim)
        rows = []
        for entry in range(self._dim):
            unit = y.new_zeros(y.numel() // self._dim, self._dim)
            unit[:, entry] = 1.0
            rows.append(opened.pull_state(unit.view(-1)).view(-1, self._dim))
        return torch.stack(rows, 1)

    def _open(self, t: float, y: Tensor) -> _Opened:
        inner = self._field.inner
        if isinstance(inner, AutogradField):
            self._field.evaluations += 1
            return _opened_by_autograd(inner, t, y, self._field.shape)
        return _opened_again_each_time(self._field, t, y)

    def _refuse_large(self, dim: int) -> None:
        if dim > MOST_COUPLED:
            raise ValueError(
                f"Implicit methods need the Jacobian of {dim} entries that depend on one another; "
                f"{MOST_COUPLED} is the most. Give y0 the shape (samples, dim), or use an explicit method."
            )


def _opened_by_autograd(inner: AutogradField, t: float, y: Tensor, shape: torch.Size) -> _Opened:
    with torch.enable_grad():
        state = y.detach().view(shape).requires_grad_()
        dy = inner.evaluate(t, state)
    parameters = tuple(inner.parameters())

    def pull_state(cotangent: Tensor) -> Tensor:
        if not dy.requires_grad:
            return torch.zeros_like(cotangent)
        (found,) = torch.autograd.grad(paired(dy, cotangent), state, retain_graph=True, materialize_grads=True)
        return found.reshape(-1)

    def pullback(cotangent: Tensor) -> Gradients:
        if not dy.requires_grad:
            return Gradients(None, None, (None,) * len(parameters))
        sources = (state, *parameters)
        found, *rest = torch.autograd.grad(paired(dy, cotangent), sources, retain_graph=True, allow_unused=True)
        return Gradients(None, None if found is None else found.reshape(-1), tuple(rest))

    return _Opened(dy.detach().reshape(-1), pull_state, pullback)


def _opened_again_each_time(field: FlatField, t: float, y: Tensor) -> _Opened:
    first = field.linearise(t, y)
    unused = [first.pullback]

    def pullback(cotangent: Tensor) -> Gradients:
        pull = unused.pop() if unused else field.linearise(t, y).pullback
        return pull(cotangent)

    def pull_state(cotangent: Tensor) -> Tensor:
        found = pullback(cotangent).y
        return torch.zeros_like(cotangent) if found is None else found

    return _Opened(first.dy, pull_state, pullback)


def _coupled(opened: _Opened, blocks: Tensor) -> bool:
    """Whether pulling random cotangents back gives something else than the blocks say."""
    generator = torch.Generator().manual_seed(0)
    cotangents = torch.randn(blocks.shape[:2], generator=generator).to(blocks)
    pulled = opened.pull_state(cotangents.view(-1)).view_as(cotangents)
    expected = torch.einsum("ni,nij->nj", cotangents, blocks)
    allowed = torch.finfo(blocks.dtype).eps ** 0.5 * expected.abs().max()
    return bool(((pulled - expected).abs() > allowed).any())
