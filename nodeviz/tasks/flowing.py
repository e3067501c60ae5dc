"""How states get from the start of a flow to its end: by the solver as set, or through the layers of a ResNet.

A ResNet whose layers share one field is Euler's method with a step a layer: one set of weights is both, and as its
layers grow in number it becomes the ODE.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nodeviz.tasks.solving import SolverSettings, solve_as_set
from solver import Solution, solve
from solver.field import DifferentiableField, Field

SLACK = 1 + 1e-9
"""Rounding must not add a step."""


class Flow(NamedTuple):
    """From 0 to `end`: as an ODE with the solver `settings`, or, unless `layers` is 0, in as many steps of Euler's."""

    settings: SolverSettings
    end: float
    layers: int = 0

    def solve(self, field: Field | DifferentiableField, y0: Tensor, ts: NDArray[np.float64]) -> Solution:
        """From y0 (n, dim) at ts[0] through the times ts, which are times of layers where there are any."""
        times = torch.from_numpy(ts)
        if not self.layers:
            return solve_as_set(self.settings, field, y0, times)
        return solve(field, y0, times, method="euler", dt=SLACK * self.end / self.layers, max_steps=self.layers + 1)

    def rest(self, field: Field | DifferentiableField, y: Tensor, t: float) -> Tensor:
        """Where states y (n, dim) at time `t`, or at the layer nearest to it, are at the end."""
        start = round(t / self.end * self.layers) * self.end / self.layers if self.layers else t
        return y if start >= self.end else self.solve(field, y, np.array([start, self.end])).ys[-1]

    def times(self, most: int) -> NDArray[np.float64]:
        """Up to so many times on the way, from 0 to the end: of layers where there are any."""
        if not self.layers:
            return np.linspace(0.0, self.end, most)
        shown = np.unique(np.linspace(0, self.layers, min(most, self.layers + 1)).round())
        return shown * (self.end / self.layers)
