"""A field of many samples, each at its own time."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from solver.field import Field, changes_of, check_unchanged

TOGETHER = 8
"""Batches are filled up to a multiple of this with copies of their last sample. Matrix products then round the same for
a sample alone and in company; what they round, step sizes would amplify a million times."""


@runtime_checkable
class FieldOfSamples(Protocol):
    """A field that is another one for each sample of its batch, of which independent steps take a few at a time."""

    def of_samples(self, samples: Tensor) -> Field:
        """The field of these samples (n,), by their places in the batch; one may be there several times."""
        ...


class SampleField:
    """A callable field as independent steps see it: times (n,) and flat states (n, entries) of samples in, slopes out.

    The callable gets the states in their shape (n, …), and t in the shape (n, 1, …) that broadcasts against them. A
    `FieldOfSamples` is told which samples they are of. `calls` counts all calls, whatever the number of samples.
    """

    def __init__(self, function: Field, like: Tensor) -> None:
        self.calls = 0
        self._function = function
        self._whole = function if isinstance(function, FieldOfSamples) else None
        self._samples: Tensor | None = None  # those that the function is of now
        self._shape = like.shape[1:]
        self._flat = like.dim() == 2
        self._ones = (1,) * len(self._shape)

    def evaluate(self, t: Tensor, y: Tensor, samples: Tensor) -> Tensor:
        """The slopes (n, entries) of `samples` (n,) at their times and states."""
        if len(y) % TOGETHER == 0:
            return self.evaluate_filled(self.moments(t, y), y, samples)
        return self.evaluate_filled(self.moments(filled(t), y), filled(y), filled(samples))[: len(y)]

    def evaluate_filled(self, moments: Tensor, y: Tensor, samples: Tensor) -> Tensor:
        """As `evaluate`, at moments (n, 1, …), where n needs no filling up."""
        self.calls += 1
        function = self._function if self._whole is None else self._function_of(samples)
        if self._flat:
            return function(moments, y)
        return function(moments, y.view(-1, *self._shape)).reshape(y.shape)

    def _function_of(self, samples: Tensor) -> Field:
        if self._whole is not None and self._samples is not samples:
            self._function, self._samples = self._whole.of_samples(samples), samples
        return self._function

    def moments(self, t: Tensor, y: Tensor) -> Tensor:
        """Times (…, samples) in the shape (…, samples, 1, …) and the dtype in which the callable gets them."""
        return t.to(y.dtype).view(*t.shape, *self._ones)

    def jacobians(self, t: Tensor, y: Tensor, samples: Tensor) -> Tensor:
        """∂f_i/∂y_j as [sample, i, j], for one evaluation and a pullback for every entry of a state."""
        with torch.enable_grad():
            at = y.detach().requires_grad_()
            totals = self.evaluate(t.detach(), at, samples).sum(0).unbind()
        if not totals[0].requires_grad:
            return y.new_zeros(*y.shape, y.shape[1])
        pulled = [torch.autograd.grad(total, at, retain_graph=True, materialize_grads=True)[0] for total in totals]
        return torch.stack(pulled, 1)

    def evaluate_checked(self, t: Tensor, y: Tensor) -> Tensor:
        """The slopes of all samples. Raises `ValueError` when what the field returns is not like the states, or when
        it changes those."""
        self.calls += 1
        # should the field write to the states, the caller's are left alone
        times, states = self.moments(filled(t), y), filled(y.clone()).view(-1, *self._shape)
        before = changes_of(states)
        dy = self._function_of(filled(torch.arange(len(y), device=y.device)))(times, states)
        check_unchanged(states, before)
        if not isinstance(dy, Tensor):
            raise ValueError(f"The field must return a tensor dy; it returned {type(dy).__name__}.")
        if (dy.shape, dy.dtype, dy.device) != (states.shape, states.dtype, states.device):
            raise ValueError(
                f"With per_sample=True the field gets t of shape {tuple(times.shape)} and must return dy like y, "
                f"of shape {tuple(states.shape)}, {states.dtype}, on {states.device}; "
                f"it returned shape {tuple(dy.shape)}, {dy.dtype}, on {dy.device}."
            )
        return dy[: len(y)].reshape(y.shape)

    def shaped(self, y: Tensor) -> Tensor:
        """Flat states (samples, entries) in the shape in which the callable gets them."""
        return y.view(-1, *self._shape)


def filled(rows: Tensor) -> Tensor:
    """Rows up to a multiple of `TOGETHER`: the last one is repeated."""
    missing = -len(rows) % TOGETHER
    return torch.cat((rows, rows[-1:].expand(missing, *rows.shape[1:]))) if missing else rows


def widened(column: Tensor, like: Tensor) -> Tensor:
    """A number for each row (rows,) as a tensor (rows, entries), like `like` in shape.

    For few entries, operations that broadcast by themselves take ten times as long.
    """
    return column.unsqueeze(1).expand_as(like).contiguous()


def all_finite(vectors: Tensor) -> Tensor:
    """Of vectors (samples, entries): whether all entries of a sample are finite."""
    return torch.isfinite(vectors).all(1)
