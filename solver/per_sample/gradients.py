"""The two ways to differentiate independent steps: checkpointed and direct."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from solver.gradients.captured import detached_from_known
from solver.gradients.once import once
from solver.per_sample.field import SampleField
from solver.per_sample.integration import SampleIntegration, SamplePlan, SampleTrajectories
from solver.per_sample.replay import Rounds, remake
from solver.solution import Stats


@dataclass(frozen=True)
class SampleProblem:
    """Many solves: what to integrate, from where (samples, entries), through which times (rows, samples), and how."""

    field: SampleField
    parameters: tuple[Tensor, ...]
    y0: Tensor
    times: Tensor
    plan: SamplePlan
    stats: Stats

    @property
    def needs_gradient(self) -> bool:
        """Whether a graph is being recorded, and y0 or a parameter takes part in it."""
        return torch.is_grad_enabled() and any(x.requires_grad for x in (self.y0, *self.parameters))

    def first_slope(self, may_capture: bool) -> Tensor:
        """f at the start, checked to be like y0 and, unless it may, to depend on nothing unannounced."""
        if may_capture:
            return self.field.evaluate_checked(self.times[0], self.y0.detach()).detach()
        return detached_from_known(self.field.evaluate_checked(self.times[0], self.y0.detach()), self.parameters)

    def integrate(self, first_slope: Tensor, keep: bool) -> SampleTrajectories:
        """Integrate without a graph, and enter the cost into the statistics."""
        with torch.no_grad():
            found = SampleIntegration(self.plan, self.field, self.y0.detach(), self.times, first_slope, keep).run()
        self.stats.nfe_forward = self.field.calls
        self.stats.accepted = int(found.samples.accepted.sum())
        self.stats.rejected = int(found.samples.rejected.sum())
        return found


def solve_checkpointed(problem: SampleProblem) -> SampleTrajectories:
    """Keeps the accepted states; backward makes their steps again, those of all samples together."""
    slope = problem.first_slope(may_capture=False)
    if not problem.needs_gradient:
        return problem.integrate(slope, keep=False)
    found: list[SampleTrajectories] = []
    ys = _Checkpointed.apply(problem, found, slope, problem.y0, *problem.parameters)
    return found[0]._replace(ys=ys)


def solve_direct(problem: SampleProblem) -> SampleTrajectories:
    """Finds the steps without a graph, then makes the accepted ones again on autograd's tape."""
    found = problem.integrate(problem.first_slope(may_capture=True), keep=torch.is_grad_enabled())
    at_start = (problem.times == problem.times[0]).cumprod(0).unsqueeze(-1) == 1
    if not torch.is_grad_enabled():
        return found
    ys = torch.where(at_start, problem.y0, found.ys)
    if found.checkpoints is None:
        return found._replace(ys=ys)
    rounds = Rounds(found.checkpoints, problem.times)
    y, states, cells = problem.y0[rounds.order], [], []
    for steps in rounds.forwards():
        y, outputs = remake(problem.plan.tableau, problem.field, steps, y[: len(steps.t)])
        states.append(outputs)
        cells.append(torch.stack(steps.cell))
    problem.stats.nfe_forward = problem.field.calls
    rows, samples = torch.cat(cells, 1)
    return found._replace(ys=ys.index_put((rows, samples), torch.cat(states)))


class _Checkpointed(torch.autograd.Function):
    """ys = solve(y0, parameters); `found` receives the trajectories."""

    @staticmethod
    def forward(
        ctx: Any,
        problem: SampleProblem,
        found: list[SampleTrajectories],
        slope: Tensor,
        y0: Tensor,
        *parameters: Tensor,
    ) -> Tensor:
        trajectories = problem.integrate(slope, keep=True)
        found.append(trajectories)
        ctx.save_for_backward(*parameters)  # so that a change to them before backward is noticed
        ctx.problem, ctx.checkpoints = problem, trajectories.checkpoints
        return trajectories.ys

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor) -> tuple[Tensor | None, ...]:
        problem, parameters = ctx.problem, ctx.saved_tensors
        at_start = (problem.times == problem.times[0]).cumprod(0).unsqueeze(-1)
        gradients = [torch.where(at_start == 1, cotangents[0], 0.0).sum(0), *map(torch.zeros_like, parameters)]
        if ctx.checkpoints is not None:
            calls = problem.field.calls
            _pull_back(problem, Rounds(ctx.checkpoints, problem.times), cotangents[0], gradients)
            problem.stats.nfe_backward += problem.field.calls - calls
        return None, None, None, *(once(x, "checkpointed") for x in gradients)


def _pull_back(problem: SampleProblem, rounds: Rounds, saved: Tensor, gradients: list[Tensor]) -> None:
    """Cotangents of the saved states (rows, samples, entries), added to the `gradients` of y0 and the parameters."""
    parameters, at_ends = problem.parameters, torch.zeros_like(gradients[0])
    for n in reversed(range(len(rounds))):
        steps = rounds[n]
        size = len(steps.t)
        with torch.enable_grad():
            y = steps.y.detach().requires_grad_()
            made = remake(problem.plan.tableau, problem.field, steps, y)
        onto = (at_ends[:size], saved[steps.cell])
        pulled = torch.autograd.grad(made, (y, *parameters), onto, materialize_grads=True)
        at_ends[:size] = pulled[0]
        for total, part in zip(gradients[1:], pulled[1:], strict=True):
            total += part
    gradients[0].index_add_(0, rounds.order, at_ends)
