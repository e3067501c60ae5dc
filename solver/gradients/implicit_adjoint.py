"""The discrete adjoint of implicit Runge-Kutta steps: the stage equations, transposed, solved once and exactly.

Where k_i = f(t_i, Y_i) with Y_i = y + dt Σ a_ij k_j, the cotangents μ_i of the slopes fulfil
μ_i = due_i + dt Σ_j a_ji J_jᵀ μ_j, J_j the Jacobian at stage j. The slopes are those that the solve found and kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from solver.coefficients import constant
from solver.field import FlatField, Pullback
from solver.gradients.cotangents import ParameterSums, SavedCotangents
from solver.implicit.jacobians import Jacobians
from solver.implicit.stage_system import StageSystem
from solver.interpolation import Interpolant
from solver.tableau import ButcherTableau, padded
from solver.trajectory import Checkpoint, Point


class _Start(NamedTuple):
    """Cotangents of a step's start: of its state, and of f there where the step was handed that."""

    state: Tensor
    slope: Tensor | None


class ImplicitAdjoint:
    """Pulls cotangents back through implicit Runge-Kutta steps.

    A step costs one evaluation, one Jacobian and one pullback for each stage that is solved for. A slope that one step
    handed on to the next is pulled back as the stage of the step that solved for it.
    """

    def __init__(self, tableau: ButcherTableau, field: FlatField, sums: ParameterSums, like: Tensor) -> None:
        self._tableau = tableau
        self._field = field
        self._jacobians = Jacobians(field)
        self._sums = sums
        self._a = constant(tuple(padded(row, tableau.stages) for row in tableau.a), like)
        self._b = constant(tableau.b, like)
        self._interpolant = Interpolant(tableau.dense_rows, like)
        self._hands_on = tableau.handed_on is not None and not tableau.implicit(0)

    def run(self, steps: Sequence[Checkpoint], saved: SavedCotangents, end: Point) -> Tensor:
        """Cotangents of the saved states -> cotangent of the state at the first step's start."""
        start = _Start(torch.zeros_like(end.y), None)
        for step in reversed(steps):
            start = self._pull_back(step, start, saved)
        if start.slope is None:
            return start.state
        first = steps[0]
        return start.state + self._pulled(self._field.linearise(first.t, first.y).pullback, start.slope)

    def _pull_back(self, step: Checkpoint, end: _Start, saved: SavedCotangents) -> _Start:
        """Cotangents of the next step's start -> those of this step's, with what was saved in between added."""
        at_end, rows = saved.at_end(step), saved.inside(step)
        total = end.state if at_end is None else end.state + at_end
        due = step.dt * torch.outer(self._b, total)
        if end.slope is not None and self._tableau.handed_on is not None:
            due[self._tableau.handed_on] += end.slope
        if rows is not None:
            weights = self._interpolant.weights(step.thetas[: len(rows)])
            due.addmm_(weights.t(), rows, alpha=step.dt)
            total = total + rows.sum(0)
        for block in reversed(self._tableau.blocks):
            if block.start == 0 and self._hands_on:
                return _Start(total, due[0])
            pulled = self._pull_back_block(step, block, due[block.start : block.stop])
            total = total + pulled.sum(0)
            before = self._a[block.start : block.stop, : block.start]
            due[: block.start].addmm_(before.t(), pulled, alpha=step.dt)
        return _Start(total, None)

    def _pull_back_block(self, step: Checkpoint, block: range, due: Tensor) -> Tensor:
        """What is due to the slopes of a block -> the cotangents of its states."""
        slopes = _kept(step)
        states = torch.addmm(step.y, self._a[block.start : block.stop], slopes, alpha=step.dt)
        times = [step.t + self._tableau.c[stage] * step.dt for stage in block]
        if not self._tableau.implicit(block.start):
            (linear,) = (self._field.linearise(t, y) for t, y in zip(times, states, strict=True))
            return self._pulled(linear.pullback, due[0])[None]
        tangents = [self._jacobians.linearise(t, y) for t, y in zip(times, states, strict=True)]
        coupling = self._a[block.start : block.stop, block.start : block.stop]
        system = StageSystem(coupling, step.dt, torch.stack([tangent.blocks for tangent in tangents]))
        cotangents = system.solve(due, transposed=True)
        return torch.stack(
            [self._pulled(tangent.pullback, mu) for tangent, mu in zip(tangents, cotangents, strict=True)]
        )

    def _pulled(self, pullback: Pullback, cotangent: Tensor) -> Tensor:
        """The cotangent of the state; those of the parameters go onto the sums."""
        gradients = pullback(cotangent)
        self._sums.add(gradients.parameters)
        return torch.zeros_like(cotangent) if gradients.y is None else gradients.y


def _kept(step: Checkpoint) -> Tensor:
    if step.slopes is None:
        raise ValueError("The discrete adjoint of an implicit step needs its slopes: integrate with Keep.slopes.")
    return step.slopes
