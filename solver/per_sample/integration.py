"""The loop of independent steps: one attempt of every sample that is still under way, until none is."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import NamedTuple

import torch
from torch import Tensor

from solver.integrate import EPSILON, SMALLEST_TIME
from solver.per_sample.control import Histories, SampleControl, SampleTolerance
from solver.per_sample.field import SampleField, all_finite
from solver.per_sample.outputs import Places, places_between
from solver.per_sample.step import SampleStep
from solver.solution import Samples, SampleSteps, Status
from solver.tableau import ButcherTableau

UNDER_WAY = -1
STATUSES = tuple(Status)
"""A sample's status is its place here."""


@dataclass(frozen=True)
class SamplePlan:
    """How to integrate: everything but the field, the starts and the times. dt is positive, or None to be selected."""

    tableau: ButcherTableau
    control: SampleControl
    tolerance: SampleTolerance
    dt: float | None
    max_steps: int


class SampleCheckpoints(NamedTuple):
    """Accepted steps, each of one sample, in any order: whose, from which time, size and state; which rows it saved."""

    sample: Tensor
    t: Tensor
    dt: Tensor
    y: Tensor
    first_row: Tensor
    rows: Tensor


class SampleTrajectories(NamedTuple):
    """What an integration found: `ys` (times, samples, entries), NaN after each sample's last row; what it cost."""

    ys: Tensor
    samples: Samples
    checkpoints: SampleCheckpoints | None


class Active(NamedTuple):
    """The samples that are under way, one a row: which, where, and what they remember.

    `row` is the next output row, `attempts` and `evaluations` are counts so far; `slope` is f at (t, y), where `known`.
    """

    sample: Tensor
    t: Tensor
    dt: Tensor
    y: Tensor
    slope: Tensor
    known: Tensor
    row: Tensor
    attempts: Tensor
    evaluations: Tensor
    past: Histories

    def of(self, rows: Tensor) -> Active:
        """Those in `rows` alone."""
        return Active(
            self.sample[rows],
            self.t[rows],
            self.dt[rows],
            self.y[rows],
            self.slope[rows],
            self.known[rows],
            self.row[rows],
            self.attempts[rows],
            self.evaluations[rows],
            self.past.of(rows),
        )


class SampleIntegration:
    """One integration of many samples under way: the one place where their times, states and step sizes change."""

    def __init__(
        self, plan: SamplePlan, field: SampleField, y0: Tensor, times: Tensor, first_slope: Tensor, keep: bool
    ) -> None:
        """`times` (rows, samples), float64, run one way for each sample; `first_slope` is f at the first of them."""
        self._plan, self._field, self._times, self._keep = plan, field, times, keep
        self._ys = y0.new_full((*times.shape, y0.shape[1]), nan)
        self._end = times[-1]
        self._direction = torch.where(self._end >= times[0], 1.0, -1.0)
        count = times.shape[1]
        self._status = torch.full((count,), UNDER_WAY, device=y0.device)
        at_start = (times == times[0]).cumprod(0)
        self._rows = at_start.sum(0)
        self._attempts, self._evaluations = torch.zeros_like(self._rows), torch.ones_like(self._rows)
        self._ys = torch.where(at_start.unsqueeze(-1) == 1, y0, self._ys)
        nobody, never = self._rows[:0], self._end[:0]
        self._log = [SampleSteps(nobody, never, never, never, never.bool())]
        self._checkpoints: list[SampleCheckpoints] = []
        self._active = self._begin(y0, first_slope)

    def run(self) -> SampleTrajectories:
        """Step until every sample has reached its last time, or something stopped it."""
        self._retire()
        while len(self._active.sample):
            self._advance()
            self._retire()
        log = SampleSteps(*map(torch.cat, zip(*self._log, strict=True)))
        accepted = torch.zeros_like(self._rows).index_add_(0, log.sample, log.accepted.long())
        statuses = tuple(STATUSES[place] for place in self._status.tolist())
        samples = Samples(self._rows - 1, accepted, self._attempts - accepted, self._evaluations, statuses, log)
        return SampleTrajectories(self._ys, samples, self._all_checkpoints())

    def _all_checkpoints(self) -> SampleCheckpoints | None:
        if not self._checkpoints:
            return None
        return SampleCheckpoints(*map(torch.cat, zip(*self._checkpoints, strict=True)))

    def _begin(self, y0: Tensor, slope: Tensor) -> Active:
        """Choose the first step sizes. Samples whose start is not finite are done."""
        t, samples = self._times[0], torch.arange(y0.shape[0], device=y0.device)
        going = self._rows < len(self._times)
        broken = going & ~(all_finite(y0) & all_finite(slope))
        self._status[~going] = STATUSES.index(Status.success)
        self._status[broken] = STATUSES.index(Status.non_finite)
        if self._plan.dt is None:
            dt = self._first_steps(t, y0, slope)
            self._evaluations += 1
        else:
            dt = torch.full_like(t, self._plan.dt)
        dt = self._plan.control.limited(dt) * self._direction
        known = torch.ones_like(samples, dtype=torch.bool)
        past = Histories.new(dt)
        counts = (self._rows.clone(), self._attempts.clone(), self._evaluations.clone())
        return Active(samples, t, dt, y0, slope, known, *counts, past)

    def _first_steps(self, t: Tensor, y: Tensor, slope: Tensor) -> Tensor:
        """As `Integration._first_step`, for every sample. Source: Hairer, Nørsett, Wanner I, II.4."""
        tolerance, span = self._plan.tolerance, (self._end - t).abs()
        size, speed = tolerance.norms(y, y), tolerance.norms(slope, y)
        guess = torch.where(torch.minimum(size, speed) < 1e-5, 1e-6, 0.01 * size / speed)
        guess = torch.minimum(guess, span)
        dt = guess * self._direction
        ahead = self._field.evaluate(t + dt, y + dt.to(y.dtype).unsqueeze(1) * slope)
        change = tolerance.norms(ahead - slope, y) / guess
        fastest = torch.maximum(speed, change)
        power = 1.0 / (self._plan.control.error_order + 1)
        chosen = torch.minimum(100 * guess, (0.01 / fastest) ** power)
        chosen = torch.where(fastest > 1e-15, chosen, (guess * 1e-3).clamp(min=1e-6))
        chosen = torch.where(torch.isfinite(change), chosen, guess * 1e-3)
        return torch.where(guess > 0.0, chosen, 0.0)  # 0: so steep that its size overflows

    def _retire(self) -> None:
        """Let go of the samples that are done, and of those whose next step is too small or one too many."""
        active, plan = self._active, self._plan
        status = self._status[active.sample]
        remaining = self._end[active.sample] - active.t
        dt = torch.where(active.dt.abs() * 1.01 >= remaining.abs(), remaining, active.dt)
        smallest = 4 * EPSILON * active.t.abs().clamp(min=SMALLEST_TIME)
        stuck = (dt.abs() <= smallest) & (dt != remaining)
        why = torch.where(
            active.past.ratio.isnan(), STATUSES.index(Status.non_finite), STATUSES.index(Status.step_underflow)
        )
        why = torch.where(active.attempts >= plan.max_steps, STATUSES.index(Status.max_steps), why)
        status = torch.where((status == UNDER_WAY) & (stuck | (active.attempts >= plan.max_steps)), why, status)
        active = active._replace(dt=dt)
        done = status != UNDER_WAY
        if not done.any():
            self._active = active
            return
        self._status[active.sample] = status
        for kept, now in (
            (self._rows, active.row),
            (self._attempts, active.attempts),
            (self._evaluations, active.evaluations),
        ):
            kept[active.sample] = now
        self._active = active.of((~done).nonzero().squeeze(1))

    def _advance(self) -> None:
        """Attempt one step of every sample, and accept it or not."""
        active = self._with_slopes(self._active)
        tableau = self._plan.tableau
        step = SampleStep(tableau, self._field, active.t, active.dt, active.y, active.slope)
        y1 = step.advance(tableau.stages)
        ratio = self._plan.tolerance.ratios(step.errors(), active.y, y1)
        accept, dt_next = self._plan.control.decide(active.dt, ratio, active.past)
        self._log.append(SampleSteps(active.sample, active.t, active.dt, ratio, accept))
        remaining = self._end[active.sample] - active.t
        t1 = torch.where(active.dt == remaining, self._end[active.sample], active.t + active.dt)
        places = places_between(self._times, active.sample, active.row, active.t, t1, active.dt, accept)
        evaluations = active.evaluations + (tableau.stages - 1)
        if len(places.row):
            evaluations = self._save(step, active, y1, places, evaluations)
        rows = active.row + places.counts
        if self._keep:
            self._remember(active, accept, places)
        arrived = accept & (rows >= len(self._times))
        self._status[active.sample[arrived]] = STATUSES.index(Status.success)
        moves = accept.unsqueeze(1)
        last = step.last_slope if tableau.fsal else None
        self._active = Active(
            active.sample,
            torch.where(accept, t1, active.t),
            dt_next,
            torch.where(moves, y1, active.y),
            active.slope if last is None else torch.where(moves, last, active.slope),
            active.known if last is not None else ~accept,
            rows,
            active.attempts + 1,
            evaluations,
            active.past.after(ratio, accept),
        )

    def _with_slopes(self, active: Active) -> Active:
        """With f evaluated where the last step did not hand it on."""
        if self._plan.tableau.fsal:
            return active
        missing = (~active.known).nonzero().squeeze(1)
        if not len(missing):
            return active
        found = self._field.evaluate(active.t[missing], active.y[missing])
        counts = active.evaluations.index_add(0, missing, torch.ones_like(missing))
        return active._replace(slope=active.slope.index_copy(0, missing, found), evaluations=counts)

    def _save(self, step: SampleStep, active: Active, y1: Tensor, places: Places, evaluations: Tensor) -> Tensor:
        """Save the states at the output times that the steps came past; what was evaluated now, too."""
        states = y1[places.step]
        inside = (places.theta < 1.0).nonzero().squeeze(1)
        if len(inside):
            samples = places.step[inside]
            extra = len(self._plan.tableau.all_c) - self._plan.tableau.stages
            states[inside] = step.outputs(samples, places.theta[inside])
            if extra:
                present = torch.unique_consecutive(samples)
                evaluations = evaluations.index_add(0, present, torch.full_like(present, extra))
        self._ys[places.row, active.sample[places.step]] = states
        return evaluations

    def _remember(self, active: Active, accept: Tensor, places: Places) -> None:
        """Keep what a discrete adjoint needs of the accepted steps."""
        kept = accept.nonzero().squeeze(1)
        whole = len(kept) == len(accept)
        parts = (active.sample, active.t, active.dt, active.y, active.row, places.counts)
        self._checkpoints.append(SampleCheckpoints(*(part if whole else part[kept] for part in parts)))
