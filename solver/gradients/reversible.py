"""Reversible: the exact gradient of a method that can be undone, from its end alone: no state is kept on the way.

Source: Zhuang, Dvornek, Tatikonda, Duncan, MALI: a memory efficient and reverse accurate integrator for neural ODEs
(2021), algorithm 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from solver import gradient_modes
from solver.gradients.cotangents import ParameterSums, SavedCotangents
from solver.gradients.leapfrog_adjoint import AsynchronousLeapfrogAdjoint, Pair, pair_at_start
from solver.gradients.once import once, through
from solver.gradients.problem import Outcome, Problem
from solver.gradients.recorded import Recording, recorded
from solver.method import AsynchronousLeapfrog
from solver.methods import METHODS
from solver.trajectory import Checkpoint, Keep, Trajectory


@dataclass(frozen=True)
class Reversible:
    """The gradient of the discrete solve, to rounding the same as `direct`, from the last step's start.

    Backward undoes step after step by algebra, with the sizes that the solve took, at one evaluation a step, which
    serves the pullback, too. `stats.drift` is how far rounding has carried the start that it comes back to from y0; it
    grows where solutions decay. Raises `ValueError` for methods that cannot be undone.
    """

    name: str = gradient_modes.REVERSIBLE.name
    sentence: str = gradient_modes.REVERSIBLE.sentence

    def solve(self, problem: Problem) -> Outcome:
        method = problem.plan.method
        if not isinstance(method, AsynchronousLeapfrog):
            able = ", ".join(each.name for each in METHODS if isinstance(each, AsynchronousLeapfrog))
            raise ValueError(
                f'gradient="reversible" needs a method whose steps can be undone, of which there are: {able}; '
                f'got {method.name}. Take one of them, or gradient="checkpointed".'
            )
        return recorded(problem, problem.flat(problem.field), _Reversible)


class _Reversible(torch.autograd.Function):
    """ys = solve(y0, parameters), for `recorded`."""

    @staticmethod
    def forward(ctx: Any, recording: Recording, y0: Tensor, *parameters: Tensor) -> Tensor:
        start = y0.detach().clone().reshape(-1)  # kept, and the caller may change y0
        trajectory = recording.integrate(start, keep=Keep.last)
        steps, last = _steps_to_last_saved(trajectory)
        # all the tensors that are kept, but not as checkpoints: a change to parameters before backward is noticed so
        ctx.save_for_backward(start, *last, *parameters)
        ctx.problem, ctx.steps = recording.problem, steps
        return trajectory.ys

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor) -> tuple[Tensor | None, ...]:
        problem, (start, y, v, *parameters) = ctx.problem, ctx.saved_tensors
        with torch.no_grad():
            rows = cotangents[0].reshape(-1, start.numel())
            sums = ParameterSums(parameters)
            y0 = rows[: problem.saved_at_start].sum(0)
            if ctx.steps:
                y0 = y0 + _BackwardPass(problem, rows, sums).run(ctx.steps, Pair(y, v), start)
        found, sources = (y0.view(problem.y0.shape), *sums.totals), (problem.y0, *parameters, *cotangents)
        return None, *once(found, sources, through(Reversible.name))


def _steps_to_last_saved(trajectory: Trajectory) -> tuple[list[Checkpoint], Pair]:
    """The steps up to the last one that saved a state, without tensors, and the pair that this one began with."""
    steps = trajectory.checkpoints
    while steps and steps[-1].slopes is None:
        steps.pop()
    if not steps:
        return steps, Pair(trajectory.end.y, trajectory.end.y)
    pair = pair_at_start(steps[-1])
    steps[-1] = steps[-1]._replace(y=pair.y[:0].clone(), slopes=None)
    return steps, pair


class _BackwardPass:
    """Undoes the steps from the last one's start, and pulls cotangents back through each on the way."""

    def __init__(self, problem: Problem, rows: Tensor, sums: ParameterSums) -> None:
        self._problem = problem
        self._saved = SavedCotangents(rows)
        self._field = problem.flat(problem.field)
        self._adjoint = AsynchronousLeapfrogAdjoint(self._field, sums)

    def run(self, steps: Sequence[Checkpoint], pair: Pair, start: Tensor) -> Tensor:
        """The pair that the last step began with, and the state that the first one did -> cotangent of the latter."""
        cotangent = Pair(torch.zeros_like(start), torch.zeros_like(start))
        middle = self._adjoint.middle_from_start(steps[-1], pair)
        cotangent = self._adjoint.pull_back(steps[-1], middle, cotangent, self._saved)
        for step in reversed(steps[:-1]):
            at = torch.add(pair.y, pair.v, alpha=-0.5 * step.dt)
            middle = self._field.linearise(step.t + 0.5 * step.dt, at)
            v = 2 * middle.dy - pair.v
            pair = Pair(torch.add(at, v, alpha=-0.5 * step.dt), v)
            cotangent = self._adjoint.pull_back(step, middle, cotangent, self._saved)
        found = self._adjoint.pull_back_start(steps[0].t, start, cotangent)
        stats = self._problem.stats
        stats.nfe_backward += self._field.evaluations
        stats.drift = (pair.y - start).abs().max().item()
        return found
