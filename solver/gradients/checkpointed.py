"""Checkpointed: accepted states are kept, and graphs or pullbacks while small; each step is pulled back exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from solver import gradient_modes
from solver.field import AutogradField, FlatField
from solver.gradients.cotangents import ParameterSums, SavedCotangents
from solver.gradients.kept_graphs import RecordingField
from solver.gradients.kept_pullbacks import LinearisingField
from solver.gradients.once import once, through
from solver.gradients.parallel_adjoint import ParallelAdjoint, parallelises
from solver.gradients.problem import Outcome, Problem
from solver.gradients.recorded import Recording, recorded
from solver.gradients.replayed_adjoint import discrete_adjoint
from solver.method import AsynchronousLeapfrog, ImplicitRungeKutta, RungeKutta
from solver.resident.choosing import CHOICE
from solver.stages import StageBuffer
from solver.step import MakeStages
from solver.trajectory import Checkpoint, Keep, Point, Trajectory


@dataclass(frozen=True)
class Checkpointed:
    """The gradient of the discrete solve, to rounding the same as `direct`, from t, dt and y of accepted steps.

    A Runge-Kutta step of s stages costs s evaluations in the backward pass (dopri5: 6), a multistep step one.
    Of an implicit step the slopes are kept, too, and the transposed equations of its stages are solved.
    Of a field that treats every row by itself, all steps of few rows are pulled back at once (see `parallel_adjoint`).
    Else, in Runge-Kutta steps, graphs of a field that torch differentiates, and pullbacks of one that differentiates
    itself, are kept while all of them take at most `graph_bytes`: nothing of these is evaluated again in the backward
    pass. The gradient is the same, bit by bit.
    Parameters are the field's own (`nn.Module`, DifferentiableField) or those passed as `parameters=`.
    """

    name: str = gradient_modes.CHECKPOINTED.name
    sentence: str = gradient_modes.CHECKPOINTED.sentence
    graph_bytes: int = 256 * 2**20

    def solve(self, problem: Problem) -> Outcome:
        return recorded(problem, self._field(problem), _Checkpointed)

    def _field(self, problem: Problem) -> FlatField:
        """The field as the steps evaluate it: with graphs where these can be kept."""
        field, left = problem.field, self.graph_bytes - problem.stats.kept_bytes
        method = problem.plan.method
        if left <= 0 or not problem.needs_gradient or not isinstance(method, RungeKutta):
            return problem.flat(field)
        if parallelises(problem) or CHOICE.replays(field, problem.y0):
            return problem.flat(field)
        if isinstance(field, AutogradField):
            return RecordingField(field, problem.y0.shape, method.tableau, left)
        if problem.y0.device.type in CHOICE.devices:  # steps that are made ahead there are faster still
            return problem.flat(field)
        return LinearisingField(field, problem.y0.shape, method.tableau, left)


class _Checkpointed(torch.autograd.Function):
    """ys = solve(y0, parameters), for `recorded`."""

    @staticmethod
    def forward(ctx: Any, recording: Recording, y0: Tensor, *parameters: Tensor) -> Tensor:
        problem, field = recording.problem, recording.field
        start = y0.detach().clone().reshape(-1)  # kept, and the caller may change y0
        # slopes of implicit steps would have to be solved for again, those that leapfrog carries along are lost
        needs_slopes = isinstance(problem.plan.method, ImplicitRungeKutta | AsynchronousLeapfrog)
        keep = Keep.slopes if needs_slopes or parallelises(problem) else Keep.starts
        kept = field if isinstance(field, RecordingField | LinearisingField) else None
        stages: MakeStages = StageBuffer if kept is None else kept.make_stages
        with_graph = field.first_slope if isinstance(field, RecordingField) else None
        trajectory = recording.integrate(start, stages=stages, first_slope=with_graph, keep=keep)
        ctx.save_for_backward(*parameters)  # so that a change to them before backward is noticed
        ctx.problem = problem
        ctx.steps, ctx.end = _steps_to(trajectory.reached, trajectory)
        if kept is not None:
            graphs = kept.kept_steps(len(ctx.steps), problem.stats)
            ctx.steps = [step._replace(graph=graph) for step, graph in zip(ctx.steps, graphs, strict=True)]
        return trajectory.ys

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor) -> tuple[Tensor | None, ...]:
        problem, parameters = ctx.problem, ctx.saved_tensors
        with torch.no_grad():
            rows = cotangents[0].flatten(1)
            sums = ParameterSums(parameters)
            steps, ctx.steps = ctx.steps, [step._replace(graph=None) for step in ctx.steps]  # graphs serve once
            y0 = _pull_back(problem, steps, ctx.end, rows, sums)
        found, sources = (y0.view(problem.y0.shape), *sums.totals), (problem.y0, *parameters, *cotangents)
        return None, *once(found, sources, through(Checkpointed.name))


def _steps_to(row: int, trajectory: Trajectory) -> tuple[list[Checkpoint], Point]:
    """The steps up to the one that the saved `row` falls in, and where that one ends."""
    steps = [step for step in trajectory.checkpoints if step.first_row <= row]
    if len(steps) == len(trajectory.checkpoints):
        return steps, trajectory.end
    following = trajectory.checkpoints[len(steps)]
    return steps, Point(following.t, following.y)


def _pull_back(problem: Problem, steps: list[Checkpoint], end: Point, rows: Tensor, sums: ParameterSums) -> Tensor:
    """Cotangents of the saved states -> that of y0; those of the parameters are added to `sums`."""
    at_start = rows[: problem.saved_at_start].sum(0)
    if not steps:
        return at_start
    parallel = ParallelAdjoint.of(problem, steps, rows, sums)
    if parallel is not None:
        return parallel.run(steps, end) + at_start
    field = problem.flat(problem.field)
    with discrete_adjoint(problem.plan.method, field, sums, at_start) as adjoint:
        start = adjoint.run(steps, SavedCotangents(rows), end)
    problem.stats.nfe_backward += field.evaluations
    problem.stats.jacobians_backward += field.jacobians
    return start + at_start
