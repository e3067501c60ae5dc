"""The steps that were accepted in a run of attempts, and the states inside them."""

from __future__ import annotations

from copy import copy
from typing import NamedTuple

import torch
from torch import Tensor

from solver.coefficients import constant
from solver.integrate import AT_STEP_END
from solver.per_sample.attempts import Attempts
from solver.per_sample.field import SampleField
from solver.per_sample.under_way import SamplePlan, UnderWay
from solver.tableau import ButcherTableau


class Places(NamedTuple):
    """Places on the way: each in an accepted step, at t + θ dt. θ is 1 at the step's end."""

    step: Tensor
    theta: Tensor


class TakenSteps:
    """Accepted steps (steps,), each by its attempt and its row of the batch: times, sizes, and states inside."""

    def __init__(
        self, plan: SamplePlan, field: SampleField, start: UnderWay, attempts: Attempts, taken: Tensor
    ) -> None:
        """`taken` (attempts, rows) says which attempts are meant."""
        self._plan, self._field, self._attempts = plan, field, attempts
        self.attempt, self.row = taken.nonzero().unbind(1)
        self._window = start.course.window
        self.sample, direction = start.sample[self.row], start.course.direction[self.row]
        self.direction = direction
        self.s, self.s1 = attempts.s[self.attempt, self.row], attempts.s[self.attempt + 1, self.row]
        self.t, self.t1 = self.s * direction, self.s1 * direction
        self.dt = attempts.h[self.attempt, self.row] * direction
        self.y, self.y1 = attempts.y[self.attempt, self.row], attempts.y[self.attempt + 1, self.row]
        self.looked_inside = torch.zeros_like(self.row, dtype=torch.bool)
        self._extra: Tensor | None = None

    def only(self, kept: Tensor) -> TakenSteps:
        """Those that `kept` (steps,) is true for."""
        if bool(kept.all()):
            return self
        part = copy(self)
        for name in ("attempt", "row", "sample", "direction", "s", "s1", "t", "t1", "dt", "y", "y1", "looked_inside"):
            setattr(part, name, getattr(self, name)[kept])
        part._extra = None if self._extra is None else self._extra[kept]
        return part

    def times(self, places: Places) -> Tensor:
        """When the places are passed; exactly when a step ends for those at its end."""
        step, theta = places
        return torch.where(theta == 1.0, self.t1[step], self.t[step] + theta * self.dt[step])

    def states(self, places: Places) -> Tensor:
        """The states (places, entries), with evaluations where the method needs more of them inside a step."""
        ends = self.y1[places.step]
        inside = (places.theta < 1.0).nonzero().squeeze(1)
        if not len(inside):
            return ends
        step, theta = places.step[inside], places.theta[inside]
        self._look_inside(step)
        weights = dense_weights(self._plan.tableau, theta).to(ends.dtype)
        moved = (weights.unsqueeze(2) * self._slopes(step)).sum(1)
        return ends.index_copy(0, inside, self._from_start(step, moved))

    def in_all(self, thetas: tuple[float, ...]) -> Places:
        """The places at each θ in turn in every step."""
        at = torch.tensor(thetas, dtype=torch.float64, device=self.row.device)
        steps = len(self.row)
        return Places(torch.arange(steps, device=at.device).repeat(len(at)), at.repeat_interleave(steps))

    def _from_start(self, step: Tensor, moved: Tensor) -> Tensor:
        return torch.addcmul(self.y[step], self.dt[step].to(moved.dtype).unsqueeze(1), moved)

    def _slopes(self, step: Tensor) -> Tensor:
        """All stages (places, stages, entries) of the steps."""
        stages = self._attempts.stages
        if stages is None:
            raise ValueError("The stages of these steps were not kept; keep them to look inside steps.")
        found = stages[self.attempt[step], :, self.row[step]]
        return found if self._extra is None else torch.cat((found, self._extra[step]), 1)

    def _look_inside(self, step: Tensor) -> None:
        """Evaluate the stages that only dense output needs, where they are missing."""
        extra = self._plan.extra_stages
        if not extra:
            return
        if self._extra is None:
            self._extra = self.y.new_zeros(len(self.row), extra, self.y.shape[1])
        wanted = torch.zeros_like(self.looked_inside)
        wanted[step] = True
        new = (wanted & ~self.looked_inside).nonzero().squeeze(1)
        self.looked_inside |= wanted
        tableau = self._plan.tableau
        for stage in range(tableau.stages, len(tableau.all_c)) if len(new) else ():
            weights = constant(tableau.all_a[stage], self.y)
            moved = (weights.unsqueeze(1) * self._slopes(new)[:, :stage]).sum(1)
            times = self.t[new] + tableau.all_c[stage] * self.dt[new]
            if self._window is not None:
                times = torch.clamp(times, *self._window[:, self.row[new]])
            self._extra[new, stage - tableau.stages] = self._field.evaluate(times, self._from_start(new, moved))

    def asked(self, times: Tensor, output: Tensor, stop: Tensor) -> Asked:
        """The output times that fall into the steps, which end at θ = `stop`.

        `times` (rows, times) rise in s, and `output` is next for each row.
        """
        attempts, rows = self._attempts.h.shape
        slack = AT_STEP_END * torch.maximum(self.s.abs(), self.s1.abs())
        reach = torch.full((rows, attempts), -torch.inf, dtype=times.dtype, device=times.device)
        reach[self.row, self.attempt] = self.s1 + slack
        reach = reach.cummax(1).values
        following = torch.maximum(torch.searchsorted(times, reach, right=True), output.unsqueeze(1))
        first = torch.cat((output.unsqueeze(1), following[:, :-1]), 1)[self.row, self.attempt]
        counts = following[self.row, self.attempt] - first
        step = torch.repeat_interleave(counts)
        row = first[step] + torch.arange(len(step), device=step.device) - (counts.cumsum(0) - counts)[step]
        moment = times[self.row[step], row]
        at_end = moment - self.s1[step] >= -slack[step]
        theta = torch.where(at_end, 1.0, (moment - self.s[step]) / self.dt[step].abs())
        within = (theta <= stop[step]).nonzero().squeeze(1)
        return Asked(Places(step[within], theta[within]), row[within], following[:, -1])


class Asked(NamedTuple):
    """Where output times fall, which rows of the output they are, and the row that is next for each sample."""

    places: Places
    row: Tensor
    output: Tensor


def dense_weights(tableau: ButcherTableau, thetas: Tensor) -> Tensor:
    """b_i(θ) as a matrix (thetas, stages), from the nested form that `solver.tableau` describes."""
    basis, product = [], torch.ones_like(thetas)
    for place in range(len(tableau.dense_rows)):
        product = product * (1.0 - thetas if place % 2 else thetas)
        basis.append(product)
    return torch.stack(basis, 1) @ constant(tableau.dense_rows, thetas)
