"""The two ways to differentiate independent steps: checkpointed and direct."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from solver.field import paired
from solver.gradients.captured import detached_from_known
from solver.gradients.once import once, through
from solver.per_sample.field import SampleField
from solver.per_sample.integration import SampleIntegration, Wishes
from solver.per_sample.record import Found
from solver.per_sample.replay import Rounds, remake
from solver.per_sample.under_way import SamplePlan
from solver.solution import Stats


@dataclass(frozen=True)
class SampleProblem:
    """Many solves: what to integrate, from where (samples, entries), through which times (rows, samples), and how.

    `spent` (samples,) are attempts made before; the field is evaluated within `window` (2, samples) alone.
    """

    field: SampleField
    parameters: tuple[Tensor, ...]
    y0: Tensor
    times: Tensor
    plan: SamplePlan
    wishes: Wishes
    stats: Stats
    spent: Tensor | None = None
    window: Tensor | None = None

    @property
    def needs_gradient(self) -> bool:
        """Whether a graph is being recorded, and y0 or a parameter takes part in it."""
        return torch.is_grad_enabled() and any(x.requires_grad for x in (self.y0, *self.parameters))

    def first_slope(self, may_capture: bool) -> Tensor:
        """f at the start, checked to be like y0 and, unless it may, to depend on nothing unannounced."""
        t = self.times[0] if self.window is None else torch.clamp(self.times[0], *self.window)
        if may_capture:
            return self.field.evaluate_checked(t, self.y0.detach()).detach()
        # nobody else may hold the slope: what the field made for itself has to die with its graph
        return detached_from_known(self.field.evaluate_checked(t, self.y0.detach()), self.parameters)

    def integrate(self, first_slope: Tensor, keep: bool) -> Found:
        """Integrate without a graph, and enter the cost into the statistics."""
        wishes, calls = replace(self.wishes, keep=keep), self.field.calls - 1
        with torch.no_grad():
            found = SampleIntegration(
                self.plan, self.field, self.y0.detach(), self.times, first_slope, wishes, self.spent, self.window
            ).run()
        self.stats.nfe_forward += self.field.calls - calls
        self.stats.accepted += int(found.samples.accepted.sum())
        self.stats.rejected += int(found.samples.rejected.sum())
        return found

    def rounds(self, found: Found) -> Rounds:
        return Rounds(found.way, found.places, len(self.y0), self.window)


def solve_checkpointed(problem: SampleProblem) -> Found:
    """Keeps the accepted states; backward makes their steps again, those of all samples together."""
    slope = problem.first_slope(may_capture=False)
    if not problem.needs_gradient:
        return problem.integrate(slope, keep=False)
    found: list[Found] = []
    states, starts = _Checkpointed.apply(problem, found, slope, problem.y0, *problem.parameters)
    return found[0]._replace(states=states, starts=starts)


def solve_direct(problem: SampleProblem) -> Found:
    """Finds the steps without a graph, then makes the accepted ones again on autograd's tape."""
    taped = torch.is_grad_enabled()
    found = problem.integrate(problem.first_slope(may_capture=True), keep=taped)
    found = found._replace(starts=problem.y0)
    if not taped or not len(found.way.sample):
        return found
    calls, rounds = problem.field.calls, problem.rounds(found)
    y, saved = problem.y0[rounds.order], []
    for steps in rounds.forwards():
        y, states = remake(problem.plan.tableau, problem.field, steps, y[: len(steps.way.t)], derivatives=2)
        saved.append(states)
    problem.stats.nfe_forward += problem.field.calls - calls
    states = torch.cat(saved)
    return found._replace(states=torch.empty_like(states).index_copy(0, rounds.arrangement, states))


class _Checkpointed(torch.autograd.Function):
    """The saved states, and the starts, = solve(y0, parameters); `found` receives all the rest."""

    @staticmethod
    def forward(
        ctx: Any,
        problem: SampleProblem,
        found: list[Found],
        slope: Tensor,
        y0: Tensor,
        *parameters: Tensor,
    ) -> tuple[Tensor, Tensor]:
        found.append(problem.integrate(slope, keep=True))
        ctx.save_for_backward(*parameters)  # so that a change to them before backward is noticed
        ctx.problem, ctx.way, ctx.places = problem, found[0].way, found[0].places
        return found[0].states, y0.clone()

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor) -> tuple[Tensor | None, ...]:
        problem, parameters = ctx.problem, ctx.saved_tensors
        of_states, of_starts = cotangents
        gradients = [of_starts, *map(torch.zeros_like, parameters)]
        if len(ctx.way.sample):
            calls = problem.field.calls
            rounds = Rounds(ctx.way, ctx.places, len(problem.y0), problem.window)
            gradients[0] = of_starts + _pull_back(
                problem, rounds, of_states.detach()[rounds.arrangement], gradients[1:]
            )
            problem.stats.nfe_backward += problem.field.calls - calls
        return None, None, None, *once(gradients, (problem.y0, *parameters, *cotangents), through("checkpointed"))


def _pull_back(problem: SampleProblem, rounds: Rounds, saved: Tensor, sums: list[Tensor]) -> Tensor:
    """Cotangents of the saved states, in the order of the rounds -> that of y0; the parameters' are added to `sums`."""
    parameters, at_ends = problem.parameters, torch.zeros_like(problem.y0)
    for n in reversed(range(len(rounds))):
        steps = rounds[n]
        size = len(steps.way.t)
        with torch.enable_grad():
            y = steps.way.y.detach().requires_grad_()
            made = remake(problem.plan.tableau, problem.field, steps, y)
            total = paired(made.y1, at_ends[:size]) + paired(made.saved, saved[rounds.saved(n)])
        pulled = torch.autograd.grad(total, (y, *parameters), materialize_grads=True)
        at_ends[:size] = pulled[0]
        for total, part in zip(sums, pulled[1:], strict=True):
            total += part
    return torch.empty_like(at_ends).index_copy(0, rounds.order, at_ends)
