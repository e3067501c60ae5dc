"""The loop of independent steps: runs of attempts, and after each a look back at what came of them."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan
from typing import NamedTuple

import torch
from torch import Tensor

from solver.integrate import EPSILON, SMALLEST_TIME
from solver.per_sample.attempts import Attempts, Runner
from solver.per_sample.events import Conditions, Ends, until_terminal
from solver.per_sample.field import TOGETHER, SampleField, all_finite
from solver.per_sample.first_steps import first_steps
from solver.per_sample.record import Found, Record
from solver.per_sample.step_log import Run, StepLog
from solver.per_sample.taken import TakenSteps, due_in
from solver.per_sample.under_way import Course, SamplePlan, UnderWay, stops_between
from solver.solution import Samples, Status

STATUSES = tuple(Status)
"""A sample's status is its place here."""
UNDER_WAY = -1
SUCCESS, EVENT, MAX_STEPS, UNDERFLOW, NON_FINITE = (
    STATUSES.index(status)
    for status in (Status.success, Status.event, Status.max_steps, Status.step_underflow, Status.non_finite)
)
LONGEST, UNSEEN = 16, 8
"""So many attempts at most are made in a run; the fewer where a look whether all have arrived would cost more."""
LARGEST = 2**22
"""So many numbers at most are kept as stages of a run, in which someone is to look inside steps."""

MANY = 0.75
"""Those under way are gathered when no more than this part of a batch is left."""


@dataclass(frozen=True)
class Wishes:
    """What to look out for besides the output times: events; θ at which to sample all steps; whether to keep starts."""

    conditions: Conditions | None = None
    nodes: tuple[float, ...] = ()
    keep: bool = False


class Stopped(NamedTuple):
    """Which attempts (attempts, rows) count, and the rows that were given up after them, with their status."""

    valid: Tensor
    rows: Tensor
    status: Tensor

    def ended(self, ends: Ends) -> Stopped:
        """The same where terminal events ended some rows before."""
        number = torch.arange(len(self.valid), device=self.rows.device).unsqueeze(1)
        ended = ends.theta.isfinite()
        return Stopped(self.valid & (number <= ends.attempt), self.rows | ended, torch.where(ended, EVENT, self.status))


class SampleIntegration:
    """One integration of many samples under way: the one place where their times, states and step sizes change."""

    def __init__(
        self,
        plan: SamplePlan,
        field: SampleField,
        y0: Tensor,
        times: Tensor,
        first_slope: Tensor,
        wishes: Wishes,
        spent: Tensor | None = None,
        window: Tensor | None = None,
    ) -> None:
        """`times` (rows, samples), float64, run one way for each sample; `first_slope` is f at the first of them.

        Of the plan's steps so many are `spent` already. The field is evaluated within `window` (2, samples).
        """
        self._plan, self._field, self._wishes = plan, field, wishes
        samples = times.shape[1]
        self._status = torch.full((samples,), UNDER_WAY, device=y0.device)
        self._reached = saved_at_start(times) - 1
        self._attempts = torch.zeros_like(self._reached)
        self._accepted, self._evaluations = self._attempts.clone(), self._attempts.clone()
        self._spent = self._attempts.clone() if spent is None else spent
        self._most = plan.max_steps - int(self._spent.min())
        solved = plan.tableau.stages if plan.solves else 0
        self._record, self._log = Record(wishes.keep, wishes.nodes, solved), StepLog(y0.device)
        direction = torch.where(times[-1] >= times[0], 1.0, -1.0)
        self._times = (times * direction).t().contiguous()
        between = (times != times[0]) & (times != times[-1])
        looks_inside = wishes.conditions is not None or bool(wishes.nodes) or (wishes.keep and plan.solves)
        self._looks_inside = looks_inside or bool(between.any())
        self._y0, self._may_look = y0, y0.device.type == "cpu"
        self._rows_of: Tensor | None = None
        self._row_times = self._times
        self._start = self._begin(direction, first_slope, window)

    def run(self) -> Found:
        """Make attempts until every sample has reached its last time, or something stopped it."""
        runner, made = None, 0
        while self._compact():
            start = self._start
            if runner is None or runner.rows != len(start.s):
                runner = Runner(self._plan, self._field, start, self._length(start), self._looks_inside)
            attempts = runner.run(start, self._most - made, knows_slope=made == 0, looks=self._may_look)
            made += len(attempts.h)
            self._start = self._look_back(start, attempts, runner.after())
        statuses = tuple(map(STATUSES.__getitem__, self._status.tolist()))
        rejected = self._attempts - self._accepted
        samples = Samples(self._reached, self._accepted, rejected, self._evaluations, statuses, self._log.steps)
        return self._record.found(samples, self._y0)

    def _begin(self, direction: Tensor, slope: Tensor, window: Tensor | None) -> UnderWay:
        """Choose the first step sizes. Samples with nowhere to go, no steps left or a start not finite are done."""
        plan, y0, s, end = self._plan, self._y0, self._times[:, 0], self._times[:, -1]
        going = s < end
        spent = going & (self._spent >= plan.max_steps)
        broken = going & ~(all_finite(y0) & all_finite(slope))
        self._evaluations += going
        self._status[~going] = SUCCESS
        self._status[spent] = MAX_STEPS
        self._status[broken] = NON_FINITE
        if plan.dt is None:
            h = first_steps(plan, self._field, s * direction, (end - s) * direction, y0, slope)
            self._evaluations += going
        else:
            h = torch.as_tensor(plan.dt, dtype=s.dtype, device=s.device).expand_as(s)
        course = Course(direction, end, stops_between(plan.forced_times, direction, s, end), window)
        none = torch.full_like(s, nan)
        start = UnderWay(
            torch.arange(len(s), device=s.device),
            course.ended(broken | spent, s),
            s,
            plan.control.limited(h),
            y0,
            slope,
            plan.control.new_memory(s),
            torch.zeros_like(self._reached),
            self._reached + 1,
            none,
            none,
        )
        return self._filled(start)

    def _filled(self, start: UnderWay) -> UnderWay:
        """Filled up to a multiple of `TOGETHER` with copies of the last row, which have nowhere to go."""
        rows = len(start.s)
        missing = -rows % TOGETHER
        if not missing:
            return start
        places = torch.arange(rows + missing, device=start.s.device)
        start = start.of(places.clamp(max=rows - 1))
        return start._replace(course=start.course.ended(places >= rows, start.s))

    def _length(self, start: UnderWay) -> int:
        """How many attempts to make in a run."""
        longest = LONGEST if self._may_look else UNSEEN
        if not self._looks_inside:
            return longest
        return max(1, min(longest, LARGEST // (start.y.numel() * self._plan.tableau.stages)))

    def _compact(self) -> int:
        """Leave the rows behind that have arrived, where that pays; how many go on."""
        start = self._start
        going = start.s < start.course.end
        count, rows = int(going.sum()), len(start.s)
        if count and count <= MANY * rows and count + TOGETHER <= rows:
            self._start = self._filled(start.of(going.nonzero().squeeze(1)))
        return count

    def _look_back(self, start: UnderWay, attempts: Attempts, after: UnderWay) -> UnderWay:
        """Write down what came of a run of attempts, and say where the next one goes on."""
        wishes, stopped = self._wishes, self._stopped(start, attempts)
        taken, times = stopped.valid & attempts.accept, self._times_of(start)
        due = due_in(attempts, times, start.output)
        looked_for = wishes.keep or wishes.nodes or wishes.conditions is not None
        if looked_for or bool((due.following > start.output).any()):
            wanted = taken if looked_for else taken & (due.many > 0)
            steps = TakenSteps(self._plan, self._field, start, attempts, wanted)
            stop, crossings = torch.ones_like(steps.t), None
            if wishes.conditions is not None:
                steps, stop, crossings, ends = until_terminal(wishes.conditions, steps, len(start.s))
                stopped = stopped.ended(ends)
            asked = steps.asked(due, times, stop)
            self._record.add(steps, stop, asked, crossings)
            self._reached.index_add_(0, steps.sample[asked.places.step], torch.ones_like(asked.row))
            inside = steps.looked_inside.long() * self._plan.extra_stages
            self._evaluations.index_add_(0, steps.sample, inside)
        self._count(start, attempts, stopped.valid)
        done = self._settle(start, stopped, after)
        return after._replace(course=start.course.ended(done, after.s), output=due.following)

    def _times_of(self, start: UnderWay) -> Tensor:
        """The output times (rows, times) of the samples under way."""
        if self._rows_of is not start.sample:
            self._rows_of, self._row_times = start.sample, self._times[start.sample]
        return self._row_times

    def _stopped(self, start: UnderWay, attempts: Attempts) -> Stopped:
        """Which attempts count: those before the sample arrived, and before its steps became too small or too many."""
        s, h, planned = attempts.s[:-1], attempts.h, attempts.planned[:-1]
        number = torch.arange(len(h), device=h.device).unsqueeze(1) + (self._attempts + self._spent)[start.sample]
        over = number >= self._plan.max_steps
        tiny = (h <= 4 * EPSILON * s.abs().clamp(min=SMALLEST_TIME)) & ~attempts.last
        before = torch.cat((start.rejected.unsqueeze(0), torch.where(attempts.accept, inf, h)[:-1]))
        made = s < start.course.end
        trouble = made & (over | tiny | (planned >= before))
        if not bool(trouble.any()):
            nobody = torch.zeros_like(start.sample, dtype=torch.bool)
            return Stopped(made, nobody, torch.zeros_like(start.sample))
        first = trouble.int().argmax(0, keepdim=True)
        ratio = torch.cat((start.ratio.unsqueeze(0), attempts.ratio[:-1])).gather(0, first)
        why = torch.where(ratio.isnan(), NON_FINITE, UNDERFLOW)
        why = torch.where(over.gather(0, first), MAX_STEPS, why)
        return Stopped(made & (trouble.cumsum(0) == 0), trouble.any(0), why.squeeze(0))

    def _count(self, start: UnderWay, attempts: Attempts, valid: Tensor) -> None:
        """What the attempts cost each sample."""
        tableau, sample = self._plan.tableau, start.sample
        made = valid.sum(0)
        evaluations = made * (tableau.stages - 1) if attempts.inner is None else (valid * attempts.inner).sum(0)
        if not tableau.fsal:
            moved = torch.cat((start.rejected.isinf().unsqueeze(0), attempts.accept[:-1]))
            evaluations += (valid & moved).sum(0)
        self._attempts.index_add_(0, sample, made)
        self._evaluations.index_add_(0, sample, evaluations)
        self._accepted.index_add_(0, sample, (valid & attempts.accept).sum(0))
        direction = start.course.direction
        run = Run(sample, direction, attempts.s[:-1], attempts.h, attempts.ratio, attempts.accept, valid)
        self._log.add(run)

    def _settle(self, start: UnderWay, stopped: Stopped, after: UnderWay) -> Tensor:
        """Write down how those ended which did; which rows they are."""
        going = start.s < start.course.end
        over = (self._attempts + self._spent)[start.sample] >= self._plan.max_steps
        status = torch.where(over, MAX_STEPS, UNDER_WAY)
        status = torch.where(after.s >= start.course.end, SUCCESS, status)
        status = torch.where(stopped.rows, stopped.status, status)
        rows = going.nonzero().squeeze(1)
        self._status[start.sample[rows]] = status[rows]
        return going & (status != UNDER_WAY)


def saved_at_start(times: Tensor) -> Tensor:
    """How many of the output times (rows, samples), which run one way, are each sample's first one."""
    return (times == times[0]).sum(0)
