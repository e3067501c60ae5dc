"""What a way to differentiate is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor

from solver.field import DifferentiableField, FlatField, RowwiseField
from solver.gradients.captured import detached_from_known
from solver.integrate import integrate, saved_at_start
from solver.plan import Plan
from solver.resident.integration import integrate_ahead
from solver.solution import Stats, Status
from solver.stages import StageBuffer
from solver.step import MakeStages
from solver.trajectory import Keep, MarkedRow, Trajectory
from solver.watch import Watch


@dataclass(frozen=True)
class Problem:
    """One solve: what to integrate, from where, through which times, how, and where to count.

    `tape` is the field as plain torch operations, for backpropagation; `field` the fastest form there is; `rows` the
    form that takes many rows, each at its own time, where the field treats every row by itself.
    """

    field: DifferentiableField
    tape: DifferentiableField
    rows: RowwiseField | None
    y0: Tensor
    times: list[float]
    plan: Plan
    stats: Stats

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        return tuple(self.field.parameters())

    @property
    def saved_at_start(self) -> int:
        """How many saved states are y0 itself."""
        return saved_at_start(self.times)

    @property
    def steps_nowhere(self) -> bool:
        """Whether there is no time to go to but the first."""
        return self.saved_at_start == len(self.times)

    @property
    def needs_gradient(self) -> bool:
        """Whether a graph is being recorded, and y0 or a parameter takes part in it."""
        return torch.is_grad_enabled() and any(x.requires_grad for x in (self.y0, *self.parameters))

    def first_slope(self, field: FlatField) -> Tensor | None:
        """f at the start, checked to be like y0 and to depend on nothing unannounced; None if there is no step."""
        if self.steps_nowhere:
            return None
        start = self.y0.detach().clone().reshape(-1)  # should the field write to it, the caller's is left alone
        return detached_from_known(field.evaluate_checked(self.times[0], start), self.parameters)

    def flat(self, field: DifferentiableField) -> FlatField:
        """`field` as steppers see it."""
        return FlatField(field, self.y0.shape)

    def integrate(
        self,
        field: FlatField,
        y0: Tensor,
        stages: MakeStages = StageBuffer,
        *,
        first_slope: Tensor | None = None,
        keep: Keep = Keep.nothing,
    ) -> Trajectory:
        """Integrate the flat state y0 and enter the cost into the statistics."""
        plan, times = self.plan, self.times
        found = integrate_ahead(plan, field, y0, times, stages, first_slope=first_slope, keep=keep)
        if found is None:
            found = integrate(plan, field, y0, times, stages, first_slope=first_slope, keep=keep)
        self.stats.nfe_forward += field.evaluations
        self.stats.jacobians_forward += field.jacobians
        accepted = sum(step.accepted for step in found.steps)
        self.stats.steps += found.steps
        self.stats.accepted += accepted
        self.stats.rejected += len(found.steps) - accepted
        return found

    def watched(self, watch: Watch) -> Problem:
        """The same problem with `watch` as the watch of its steps."""
        return replace(self, plan=replace(self.plan, watch=watch))

    def outcome(self, found: Trajectory, ys: Tensor | None = None) -> Outcome:
        """What the integration found, with `ys` (its own by default) in the shape of y0."""
        ys = found.ys if ys is None else ys
        return Outcome(ys.view(-1, *self.y0.shape), found.reached, found.status, found.times, found.marked)


class Outcome(NamedTuple):
    """Saved states of shape (times, *y0.shape), the last row that holds one, how the solve ended, and the times.

    `marked` tells the rows that nobody asked for: those that a watch had saved.
    """

    ys: Tensor
    reached: int
    status: Status
    times: Sequence[float]
    marked: Sequence[MarkedRow] = ()

    @property
    def asked(self) -> Asked:
        """The saved states at the times that were asked for, and the last row of them that holds one."""
        if not self.marked:
            return Asked(self.ys, self.reached)
        marked = {row for row, _ in self.marked}
        rows = [row for row in range(len(self.times)) if row not in marked]
        reached = sum(row <= self.reached for row in rows) - 1
        return Asked(self.ys[torch.tensor(rows, device=self.ys.device)], reached)


class Asked(NamedTuple):
    """Saved states of shape (times, *y0.shape), and the last row that holds one."""

    ys: Tensor
    reached: int


@runtime_checkable
class Gradient(Protocol):
    """A way to differentiate a solve."""

    @property
    def name(self) -> str: ...

    @property
    def sentence(self) -> str: ...

    def solve(self, problem: Problem) -> Outcome:
        """Integrate such that the gradient flows from `ys` to y0 and to the parameters."""
        ...
