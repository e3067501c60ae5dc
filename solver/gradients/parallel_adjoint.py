"""The discrete adjoint of all steps at once, for fields that treat every row of a small state by itself.

A step's cotangent map is a small matrix for each row, P_n, an offset p_n comes from states saved inside it, and
λ_n = P_n λ_(n+1) + p_n is all that must go in order. The Jacobians of all stages of all steps come from a few calls of
the field on one large batch, and the parameters' cotangents from one more. In exact arithmetic this is
`discrete_adjoint`; measured, it is two to four times as fast on 20 rows in the plane as running the steps again, and
slower from a thousand rows. Beside kept graphs and kept pullbacks it is 1.1 to 1.9 times as fast on 20 rows, and slower
from 50 to 120.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from solver.coefficients import constant, sent
from solver.field import RowwiseField
from solver.gradients.cotangents import ParameterSums
from solver.gradients.discrete_adjoint import shares_last_stage, stage_columns
from solver.gradients.problem import Problem
from solver.interpolation import Interpolant
from solver.method import RungeKutta
from solver.tableau import ButcherTableau, padded
from solver.trajectory import Checkpoint, Point

MOST_ROWS = 64
MOST_ENTRIES = 4
ROWS_AT_ONCE = 16_384
"""States of more rows, or more entries a row, are pulled back step by step. So many rows go into the field at once."""


def parallelises(problem: Problem) -> bool:
    """Whether all steps of the problem can be pulled back at once, and should be."""
    shape = problem.y0.shape
    small = len(shape) > 0 and shape[-1] <= MOST_ENTRIES and problem.y0.numel() <= MOST_ROWS * shape[-1]
    return problem.rows is not None and small and isinstance(problem.plan.method, RungeKutta)


class Due(NamedTuple):
    """Cotangents that saved states put straight onto the steps, flat in rows and entries.

    `slopes` (steps + 1, stages, entries) onto stages; the last one's first stage is f where the last step ends.
    `ends` and `starts` (steps, entries) onto the steps' ends and starts.
    """

    slopes: Tensor
    ends: Tensor
    starts: Tensor


class ParallelAdjoint:
    """Pulls cotangents back through all Runge-Kutta steps at once."""

    def __init__(
        self, problem: Problem, field: RowwiseField, tableau: ButcherTableau, saved: Tensor, sums: ParameterSums
    ) -> None:
        like = problem.y0.detach()
        self._problem, self._field, self._saved, self._sums = problem, field, saved, sums
        self._tableau = tableau
        self._stages = count = tableau.advancing
        self._rows, self._dim = like.numel() // like.shape[-1], like.shape[-1]
        self._a = constant(tuple(padded(row, count) for row in tableau.a[:count]), like)
        self._columns = stage_columns(tableau, count, like)
        self._interpolant = Interpolant(tableau.dense_rows, like)
        # where the stage at the step's end serves only dense output, it is pulled back as the next step's first one
        self._shares = shares_last_stage(tableau)

    @classmethod
    def of(
        cls, problem: Problem, steps: Sequence[Checkpoint], saved: Tensor, sums: ParameterSums
    ) -> ParallelAdjoint | None:
        """The parallel adjoint of these steps, or None where they must be pulled back one by one."""
        method = problem.plan.method
        if problem.rows is None or not isinstance(method, RungeKutta) or not parallelises(problem):
            return None
        extra = len(method.tableau.all_c) - method.tableau.advancing
        inside = any(theta != 1.0 for step in steps for theta in step.thetas)
        if inside and extra and not (extra == 1 and shares_last_stage(method.tableau)):
            return None
        return cls(problem, problem.rows, method.tableau, saved, sums)

    def run(self, steps: Sequence[Checkpoint], end: Point) -> Tensor:
        """Cotangents of the saved states -> cotangent of the state at the first step's start, flat."""
        due = self._due(steps)
        cotangent = self._saved.new_zeros(self._rows, self._dim)
        if self._shares and any(theta != 1.0 for theta in steps[-1].thetas):
            cotangent = self._pull_back_end(end, due.slopes[-1, 0].view_as(cotangent))
        at_once = max(1, ROWS_AT_ONCE // (self._stages * self._rows))
        for stop in range(len(steps), 0, -at_once):
            part = slice(max(0, stop - at_once), stop)
            cotangent = self._pull_back(steps[part], Due(*(each[part] for each in due)), cotangent)
        return cotangent.reshape(-1)

    def _due(self, steps: Sequence[Checkpoint]) -> Due:
        """Sort the cotangents of the saved states by the steps that they were saved in."""
        entries, count = self._saved.shape[1], self._stages
        slopes = self._saved.new_zeros(len(steps) + 1, count, entries)
        starts, ends = self._saved.new_zeros(2, len(steps), entries).unbind()
        places = [(n, step.first_row + k, theta) for n, step in enumerate(steps) for k, theta in enumerate(step.thetas)]
        at_end = [(n, row) for n, row, theta in places if theta == 1.0]
        inside = [(n, row, theta) for n, row, theta in places if theta != 1.0]
        if at_end:
            where, rows = sent(at_end, slopes, torch.int64).unbind(1)
            ends.index_add_(0, where, self._saved[rows])
        if inside:
            where, rows = sent([place[:2] for place in inside], slopes, torch.int64).unbind(1)
            saved = self._saved[rows]
            dts = sent([steps[n].dt for n, *_ in inside], slopes)
            weights = self._interpolant.weights([theta for *_, theta in inside]) * dts[:, None]
            onto_stages = weights[:, :, None] * saved[:, None, :]
            slopes.index_add_(0, where, onto_stages[:, :count])
            starts.index_add_(0, where, saved)
            if self._shares:
                slopes[:, 0].index_add_(0, where + 1, onto_stages[:, count])
        return Due(slopes, ends, starts)

    def _pull_back_end(self, end: Point, cotangent: Tensor) -> Tensor:
        """Pull the cotangent of f where the last step ends back to the state there."""
        y = end.y.view(self._rows, self._dim)
        found = self._field.linearise_rows(y.new_full((self._rows, 1), end.t), y)
        self._problem.stats.nfe_backward += 1
        self._sums.add(found.pull_parameters(cotangent))
        return torch.matmul(cotangent.unsqueeze(-2), found.jacobians).squeeze(-2)

    def _pull_back(self, steps: Sequence[Checkpoint], due: Due, cotangent: Tensor) -> Tensor:
        """Pull the cotangent of the last of these steps' end back to the first one's start."""
        count, rows, dim = len(steps), self._rows, self._dim
        dts = sent([step.dt for step in steps], cotangent)
        times, states = self._stage_points(steps, dts)
        found = self._field.linearise_rows(times, states)
        self._problem.stats.nfe_backward += self._stages * count
        jacobians = found.jacobians.view(self._stages, count, rows, dim, dim)
        onto_slopes, onto_starts = self._maps(jacobians, dts, due)
        ends = []
        parts = zip(onto_starts.unbind(), due.ends.view(count, rows, dim, 1).unbind(), strict=True)
        following = cotangent.unsqueeze(-1)
        for onto_start, saved in reversed(list(parts)):
            ends.append(following + saved)
            following = torch.baddbmm(onto_start[..., dim:], onto_start[..., :dim], ends[-1])
        at_ends = torch.stack(ends[::-1]).squeeze(-1)
        homogeneous = torch.cat((at_ends, torch.ones_like(at_ends[..., :1])), -1)
        onto_states = (onto_slopes * homogeneous.unsqueeze(-2)).sum(-1)
        self._sums.add(found.pull_parameters(onto_states.view(-1, dim)))
        return following.squeeze(-1)

    def _stage_points(self, steps: Sequence[Checkpoint], dts: Tensor) -> tuple[Tensor, Tensor]:
        """Times (rows, 1) and states (rows, dim) of all stages, ordered by stage, step, row."""
        nodes = self._tableau.c[: self._stages]
        times = sent([[step.t + node * step.dt for step in steps] for node in nodes], dts)
        slopes = torch.stack([step.slopes for step in steps if step.slopes is not None], 1)
        moved = (self._a @ slopes.view(self._stages, -1)).view_as(slopes).mul_(dts[:, None])
        states = moved.add_(torch.stack([step.y for step in steps]))
        return times.repeat_interleave(self._rows).unsqueeze(1), states.view(-1, self._dim)

    def _maps(self, jacobians: Tensor, dts: Tensor, due: Due) -> tuple[Tensor, Tensor]:
        """Affine maps from the cotangent of each step's end onto its stages' slopes, and onto its start.

        Their shapes are (stages, steps, rows, dim, dim + 1) and (steps, rows, dim, dim + 1), the offset last.
        """
        stages, count, rows, dim, _ = jacobians.shape
        unit = torch.eye(dim, dim + 1, dtype=jacobians.dtype, device=jacobians.device)
        pulled = jacobians.new_empty(stages + 1, count, rows, dim, dim + 1)
        pulled[stages] = unit
        onto_slopes = torch.empty_like(pulled[:stages])
        flat, transposed = pulled.view(stages + 1, -1), jacobians.transpose(-1, -2)
        for stage in reversed(range(stages)):
            onto = torch.mv(flat[stage + 1 :].t(), self._columns[stage]).view(count, -1).mul_(dts[:, None])
            onto = onto.view(count, rows, dim, dim + 1)
            onto[..., dim] += due.slopes[:, stage].view(count, rows, dim)
            onto_slopes[stage] = onto
            torch.matmul(transposed[stage], onto, out=pulled[stage])
        onto_starts = pulled.sum(0)
        onto_starts[..., dim] += due.starts.view(count, rows, dim)
        return onto_slopes, onto_starts
