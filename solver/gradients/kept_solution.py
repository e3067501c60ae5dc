"""The solution kept as it is found, one polynomial a step, so that it can be asked for at any time later."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import copysign
from typing import NamedTuple

import torch
from torch import Tensor

from solver.method import Method
from solver.sampling import chebyshev_nodes, dense_degree
from solver.watch import AcceptedStep, Mark, Watch
from solver.watches import Relay


class Piece(NamedTuple):
    """A step from t over dt, and the states (nodes, entries) at its nodes, the first and last of them its ends."""

    t: float
    dt: float
    states: Tensor


class KeptSolution(Relay):
    """Watches an integration, and afterwards is the solution: `at(t)`, to the order of the method's dense output.

    Each step is sampled at as many Chebyshev nodes as it takes to keep its interpolant as it is.
    """

    def __init__(self, method: Method, following: Watch | None = None) -> None:
        super().__init__(following)
        self._nodes = chebyshev_nodes(dense_degree(method))
        self._pieces: list[Piece] = []
        self._starts: list[float] = []  # of the pieces, in the direction of time

    def marks(self, step: AcceptedStep, end: float) -> Sequence[Mark]:
        """None; but the step is sampled."""
        inside = self._nodes[1:-1]
        parts = [step.y[None], step.outputs(inside), step.y1[None]] if inside else [step.y[None], step.y1[None]]
        self._pieces.append(Piece(step.t, step.dt, torch.cat(parts)))
        self._starts.append(copysign(1.0, step.dt) * step.t)
        return ()

    def at(self, t: float) -> Tensor:
        """The state at t, flat. A time outside is extrapolated to from the nearest step."""
        direction = copysign(1.0, self._pieces[0].dt)
        piece = self._pieces[max(0, bisect_right(self._starts, direction * t) - 1)]
        weights = interpolation_weights(self._nodes, (t - piece.t) / piece.dt)
        return torch.mv(piece.states.t(), piece.states.new_tensor(weights))


def interpolation_weights(nodes: Sequence[float], theta: float) -> list[float]:
    """What the values at Chebyshev nodes are weighted with in their polynomial at θ.

    Source: Berrut, Trefethen, Barycentric Lagrange Interpolation, SIAM Review 46 (2004), section 5.
    """
    if theta in nodes:
        return [1.0 if node == theta else 0.0 for node in nodes]
    parts = [(-1.0) ** place / (theta - node) for place, node in enumerate(nodes)]
    parts[0] *= 0.5
    parts[-1] *= 0.5
    total = sum(parts)
    return [part / total for part in parts]
