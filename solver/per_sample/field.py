"""A field of many samples, each at its own time."""

from __future__ import annotations

import torch
from torch import Tensor

from solver.field import Field

TOGETHER = 8
"""Batches are filled up to a multiple of this with copies of their last sample. Matrix products then round the same for
a sample alone and in company; what they round, step sizes would amplify a million times."""


class SampleField:
    """A callable field as independent steps see it: times (samples,) and flat states (samples, entries) in, slopes out.

    The callable gets the states in their shape (samples, …), and t in the shape (samples, 1, …) that broadcasts
    against them. `calls` counts how often it is called, whatever the number of samples.
    """

    def __init__(self, function: Field, like: Tensor) -> None:
        self.calls = 0
        self._function = function
        self._shape = like.shape[1:]
        self._flat = like.dim() == 2
        self._ones = (1,) * len(self._shape)

    def evaluate(self, t: Tensor, y: Tensor) -> Tensor:
        if len(y) % TOGETHER == 0:
            return self.evaluate_filled(self.moments(t, y), y)
        return self.evaluate_filled(self.moments(filled(t), y), filled(y))[: len(y)]

    def evaluate_filled(self, moments: Tensor, y: Tensor) -> Tensor:
        """As `evaluate`, at moments (samples, 1, …), of a number of samples that needs no filling up."""
        self.calls += 1
        if self._flat:
            return self._function(moments, y)
        return self._function(moments, y.view(-1, *self._shape)).reshape(y.shape)

    def moments(self, t: Tensor, y: Tensor) -> Tensor:
        """Times (…, samples) in the shape (…, samples, 1, …) and the dtype in which the callable gets them."""
        return t.to(y.dtype).view(*t.shape, *self._ones)

    def evaluate_checked(self, t: Tensor, y: Tensor) -> Tensor:
        """As `evaluate`. Raises `ValueError` when what the field returns is not like the states."""
        self.calls += 1
        times, states = self.moments(filled(t), y), filled(y).view(-1, *self._shape)
        dy = self._function(times, states)
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


def all_finite(vectors: Tensor) -> Tensor:
    """Of vectors (samples, entries): whether all entries of a sample are finite."""
    return torch.isfinite(vectors).all(1)
