"""The steps that were accepted in a run of attempts, and the states inside them."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import NamedTuple

import torch
from torch import Tensor

from solver.coefficients import constant
from solver.integrate import AT_STEP_END
from solver.per_sample.attempts import Attempts
from solver.per_sample.field import SampleField, widened
from solver.per_sample.under_way import SamplePlan, UnderWay
from solver.tableau import ButcherTableau


class Places(NamedTuple):
    """Places on the way: each in an accepted step, at t + θ dt. θ is 1 at the step's end."""

    step: Tensor
    theta: Tensor


class Due(NamedTuple):
    """Output times that attempts (attempts, rows) came past: the number of the `first` for each, and how `many`.

    `following` (rows,) is the number of each row's next one.
    """

    first: Tensor
    many: Tensor
    following: Tensor


def due_in(attempts: Attempts, times: Tensor, output: Tensor) -> Due:
    """Which of `times` (rows, times), rising in s, the attempts came past; `output` is the next in each row."""
    size = attempts.s.abs()
    reach = torch.maximum(size[:-1], size[1:]).mul_(AT_STEP_END).add_(attempts.s[1:])
    after = torch.searchsorted(times, reach.t().contiguous(), right=True).t()
    after = torch.maximum(after, output)
    first = torch.cat((output.unsqueeze(0), after[:-1]))
    return Due(first, after - first, after[-1])


class Asked(NamedTuple):
    """Where output times fall in steps, and which rows of the output they are."""

    places: Places
    row: Tensor


class TakenSteps:
    """Accepted steps (steps,), each by its attempt and its row of the batch: times, sizes, and states inside."""

    def __init__(
        self, plan: SamplePlan, field: SampleField, start: UnderWay, attempts: Attempts, taken: Tensor
    ) -> None:
        """`taken` (attempts, rows) says which attempts are meant."""
        self._plan, self._field = plan, field
        attempt, row = self.attempt, self.row = taken.nonzero().unbind(1)
        self._window = start.course.window
        self.sample, direction = start.sample[row], start.course.direction[row]
        self.s, self.s1, self.h = attempts.s[attempt, row], attempts.s[attempt + 1, row], attempts.h[attempt, row]
        self.t, self.t1, self.dt = self.s * direction, self.s1 * direction, self.h * direction
        rows, states = taken.shape[1], attempts.y.flatten(0, 1)
        self._place = attempt * rows + row
        self.y, self.y1 = states[self._place], states[self._place + rows]
        self._stages = None if attempts.stages is None else attempts.stages.flatten(1, 2)
        self.looked_inside = torch.zeros_like(row, dtype=torch.bool)
        self._extra: Tensor | None = None

    def only(self, kept: Tensor) -> TakenSteps:
        """Those that `kept` (steps,) is true for."""
        if bool(kept.all()):
            return self
        part = copy(self)
        for name in ("attempt", "row", "sample", "s", "s1", "h", "t", "t1", "dt", "_place", "y", "y1", "looked_inside"):
            setattr(part, name, getattr(self, name)[kept])
        part._extra = None if self._extra is None else self._extra[:, kept]
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
        tableau = self._plan.tableau
        moved = self._total(step, dense_weights(tableau, theta).to(ends.dtype).unbind(1))
        return ends.index_copy(0, inside, self._from_start(step, moved))

    def in_all(self, thetas: tuple[float, ...]) -> Places:
        """The places at each θ in turn in every step."""
        at = torch.tensor(thetas, dtype=torch.float64, device=self.row.device)
        steps = len(self.row)
        return Places(torch.arange(steps, device=at.device).repeat(len(at)), at.repeat_interleave(steps))

    def asked(self, due: Due, times: Tensor, stop: Tensor) -> Asked:
        """Where the `due` of `times` (rows, times) fall in the steps, which end at θ = `stop`."""
        first, count = due.first[self.attempt, self.row], due.many[self.attempt, self.row]
        step = torch.repeat_interleave(count)
        row = torch.arange(len(step), device=step.device) + (first - count.cumsum(0) + count)[step]
        moment = times[self.row[step], row]
        slack = AT_STEP_END * torch.maximum(self.s.abs(), self.s1.abs())
        at_end = moment >= (self.s1 - slack)[step]
        theta = torch.where(at_end, 1.0, (moment - self.s[step]) / self.h[step])
        if bool((stop < 1.0).any()):
            within = (theta <= stop[step]).nonzero().squeeze(1)
            step, theta, row = step[within], theta[within], row[within]
        return Asked(Places(step, theta), row)

    def slopes(self) -> Tensor:
        """All stages (steps, stages, entries)."""
        return torch.stack(
            [self._slopes(stage, self.row, self._place) for stage in range(self._plan.tableau.stages)], 1
        )

    def _from_start(self, step: Tensor, moved: Tensor) -> Tensor:
        return torch.addcmul(self.y[step], widened(self.dt[step].to(moved.dtype), moved), moved)

    def _total(self, step: Tensor, weights: Sequence[Tensor]) -> Tensor:
        """Σ weights_i k_i of the first stages, each weight (places,) or (1,)."""
        place, total = self._place[step], self.y.new_zeros(len(step), self.y.shape[1])
        for stage, weight in enumerate(weights):
            total = torch.addcmul(total, self._slopes(stage, step, place), widened(weight, total))
        return total

    def _slopes(self, stage: int, step: Tensor, place: Tensor) -> Tensor:
        """k_stage (places, entries) of the steps, which are at `place` among all attempts."""
        if self._stages is not None and stage < len(self._stages):
            return self._stages[stage][place]
        if self._extra is None:
            raise ValueError("The stages of these steps were not kept; keep them to look inside steps.")
        return self._extra[stage - self._plan.tableau.stages][step]

    def _look_inside(self, step: Tensor) -> None:
        """Evaluate the stages that only dense output needs, where they are missing."""
        extra = self._plan.extra_stages
        if not extra:
            return
        if self._extra is None:
            self._extra = self.y.new_zeros(extra, *self.y.shape)
        wanted = torch.zeros_like(self.looked_inside)
        wanted[step] = True
        new = (wanted & ~self.looked_inside).nonzero().squeeze(1)
        self.looked_inside |= wanted
        tableau = self._plan.tableau
        for stage in range(tableau.stages, len(tableau.all_c)) if len(new) else ():
            weights = constant(tableau.all_a[stage], self.y)
            moved = self._total(new, weights.unsqueeze(1).unbind())
            times = self.t[new] + tableau.all_c[stage] * self.dt[new]
            if self._window is not None:
                times = torch.clamp(times, *self._window[:, self.row[new]])
            slope = self._field.evaluate(times, self._from_start(new, moved), self.sample[new])
            self._extra[stage - tableau.stages, new] = slope


def dense_weights(tableau: ButcherTableau, thetas: Tensor) -> Tensor:
    """b_i(θ) as a matrix (thetas, stages), from the nested form that `solver.tableau` describes."""
    basis, product = [], torch.ones_like(thetas)
    for place in range(len(tableau.dense_rows)):
        product = product * (1.0 - thetas if place % 2 else thetas)
        basis.append(product)
    return torch.stack(basis, 1) @ constant(tableau.dense_rows, thetas)
