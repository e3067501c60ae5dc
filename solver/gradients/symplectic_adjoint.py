"""The discrete adjoint of kicks and drifts."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from solver.coefficients import constant
from solver.field import FlatField, Pullback
from solver.gradients.cotangents import ParameterSums, SavedCotangents
from solver.gradients.discrete_adjoint import pull
from solver.interpolation import Interpolant
from solver.method import Symplectic
from solver.stages import StageBuffer
from solver.symplectic_step import halves
from solver.trajectory import Checkpoint, Point


class SymplecticAdjoint:
    """Pulls cotangents back through the steps of a composition, whatever the field, separable or not."""

    def __init__(self, method: Symplectic, field: FlatField, sums: ParameterSums, like: Tensor) -> None:
        self._method = method
        self._field = field
        self._sums = sums
        self._halves = halves(method, field, like)
        self._stages = StageBuffer(len(method.moves), like)
        self._weights = [constant(method.moves[:count], like) for count in range(len(method.moves))]
        self._interpolant = Interpolant(method.dense_rows, like)

    def run(self, steps: Sequence[Checkpoint], saved: SavedCotangents, end: Point) -> Tensor:
        """As `RungeKuttaAdjoint.run`."""
        cotangent = torch.zeros_like(end.y)
        for step in reversed(steps):
            at_end = saved.at_end(step)
            cotangent = self._pull_back(step, cotangent if at_end is None else cotangent + at_end, saved.inside(step))
        return cotangent

    def _pull_back(self, step: Checkpoint, cotangent: Tensor, rows: Tensor | None) -> Tensor:
        """Cotangents of the step's end and of the states saved inside it -> cotangent of its start."""
        moves = self._method.moves
        inside = None
        if rows is not None:
            inside = step.dt * (self._interpolant.weights(step.thetas[: len(rows)]).t() @ rows)
        pulled = torch.empty_like(cotangent)
        pullbacks = self._linearise(step)
        for move in reversed(range(len(moves))):
            due = (step.dt * moves[move]) * cotangent
            if inside is not None:
                due += inside[move + 1]
            due *= self._halves[move % 2]
            if inside is not None and move == 0:
                due += inside[0] * self._halves[1]
            pull(pullbacks[move], due, pulled, self._sums)
            cotangent = cotangent + pulled
        return cotangent if rows is None else cotangent + rows.sum(0)

    def _linearise(self, step: Checkpoint) -> list[Pullback]:
        """Make the step's moves again, keeping the pullbacks of the slopes that they went along."""
        pullbacks = []
        for move, node in enumerate(self._method.nodes):
            at = self._stages.step(step.y, self._weights[move], step.dt) if move else step.y
            slope, pullback = self._field.linearise(step.t + node * step.dt, at)
            self._stages.put(move, slope * self._halves[move % 2])
            pullbacks.append(pullback)
        return pullbacks
