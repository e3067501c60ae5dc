"""A continuous normalizing flow: from a normal base at time 0 to the data's density at `duration`, and back."""

from __future__ import annotations

from math import log, pi
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from nodeviz.tasks.solving import SolverSettings, solve_as_set
from solver import Solution
from solver.field import DifferentiableField, Field


class Accompanied(NamedTuple):
    """A field on states (batch, 2 + columns): the point, the log density that it gains, and what else is summed up."""

    field: Field | DifferentiableField
    columns: int


class Flowed(NamedTuple):
    """Where points came to, ys (batch, 2), the log density that they gained on the way, and the solve.

    `spent` (batch, n) is what else was integrated, such as kinetic energy: positive in both directions of time.
    """

    ys: Tensor
    gained: Tensor
    spent: Tensor
    solution: Solution


class Flow(NamedTuple):
    """The base's deviation in every direction, and how long the field takes to the data."""

    scale: float
    duration: float

    def log_base(self, zs: Tensor) -> Tensor:
        """The logarithm of the base's density at zs (..., 2)."""
        return -0.5 * (zs / self.scale).square().sum(-1) - log(2 * pi * self.scale**2)

    def draw_base(self, count: int, generator: np.random.Generator, like: Tensor) -> Tensor:
        """So many points of the base, (count, 2), on the device and in the dtype of `like`."""
        return torch.from_numpy(self.scale * generator.standard_normal((count, 2))).to(like)

    def forth(self, moved: Accompanied, zs: Tensor, solver: SolverSettings) -> Flowed:
        """From the base at zs (batch, 2) to the data."""
        return _between(0.0, self.duration, moved, zs, solver)

    def back(self, moved: Accompanied, ys: Tensor, solver: SolverSettings, t: float | None = None) -> Flowed:
        """From ys (batch, 2) at the time `t`, the data's when None, to the base."""
        return _between(self.duration if t is None else t, 0.0, moved, ys, solver)

    def log_prob(self, flowed: Flowed) -> Tensor:
        """The logarithm of the flow's density (batch,) where points were before they came back to the base."""
        return self.log_base(flowed.ys) - flowed.gained


def _between(t0: float, t1: float, moved: Accompanied, ys: Tensor, solver: SolverSettings) -> Flowed:
    start = torch.nn.functional.pad(ys, (0, moved.columns))
    solution = solve_as_set(solver, moved.field, start, torch.tensor((t0, t1), dtype=torch.float64))
    end = solution.ys[-1]
    return Flowed(end[:, :2], end[:, 2], end[:, 3:] if t1 > t0 else -end[:, 3:], solution)
