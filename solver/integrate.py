"""The loop: from y0 at the first time to the last, step by step, saving the states at the times in between."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from math import ceil, copysign, isfinite, isinf, isnan, nan

import torch
from torch import Tensor

from solver.controllers import Decision, ErrorHistory
from solver.field import FlatField
from solver.plan import Plan
from solver.solution import Status, StepRecord
from solver.step import MakeStages, Step, Stepper
from solver.steppers import make_stepper
from solver.trajectory import Checkpoint, Keep, MarkedRow, Point, Trajectory
from solver.watch import AcceptedStep, Mark

EPSILON = 2.0**-52
AT_STEP_END = 64 * EPSILON
"""An output time this close to a step's end, relative to the time, is at the step's end: rounding put it beside it."""
SMALLEST_TIME = 1e-60
"""Steps from t = 0 may be smaller than any relative bound; this is where they, too, are too small."""


def integrate(
    plan: Plan,
    field: FlatField,
    y0: Tensor,
    times: Sequence[float],
    stages: MakeStages,
    *,
    first_slope: Tensor | None = None,
    keep: Keep = Keep.nothing,
) -> Trajectory:
    """Integrate the flat state y0 from times[0] through all of `times`, which run one way; keep checkpoints if asked.

    `first_slope` is f at the start where it is known already, which saves its evaluation.
    """
    measure = plan.tolerance if plan.controller.adaptive else None
    stepper = make_stepper(plan.method, field, stages, y0, measure)
    if first_slope is not None:
        stepper.start_from(first_slope)
    return Integration(plan, field, stepper, y0, times, keep).run()


class Integration:
    """One integration under way: the one place where its time, state and step size change."""

    def __init__(
        self, plan: Plan, field: FlatField, stepper: Stepper, y0: Tensor, times: Sequence[float], keep: Keep
    ) -> None:
        self._plan = plan
        self._field = field
        self._stepper = stepper
        self._times = list(times)
        self._stops = plan.stops(times)
        self._stop = self._stops[0]
        self._limits, self._watch, self._error_order = plan.limits_steps, plan.watch, plan.error_order
        self._keep = keep
        self._t, self._y = times[0], y0
        self._dt = 0.0
        self._errors = ErrorHistory(nan)
        self._trouble = Status.non_finite  # what an attempt that is not finite stands for
        self._zeros = torch.zeros_like(y0)
        self._nothing = self._zeros[:0]  # one tensor in place of all that are not kept
        self._steps: list[StepRecord] = []
        self._checkpoints: list[Checkpoint] = []
        self._marked: list[MarkedRow] = []
        self._last: int | None = None  # the place of the last checkpoint with slopes
        self._row = saved_at_start(times)  # how many rows are saved
        self._saved = [y0.expand(self._row, -1)]

    def run(self) -> Trajectory:
        """Step until the last time is reached or something stops it."""
        status = Status.success
        if self._row < len(self._times):
            status = self._begin()
        while status is Status.success and self._row < len(self._times):
            status = self._advance()
        missing = len(self._times) - self._row
        if missing:
            self._saved.append(self._y.new_full((missing, self._y.numel()), nan))
        ys, end = torch.cat(self._saved), Point(self._t, self._y)
        steps, checkpoints = self._steps, self._checkpoints
        dt_next = abs(self._dt)
        return Trajectory(self._times, ys, self._row - 1, status, steps, checkpoints, end, dt_next, self._marked)

    def _begin(self) -> Status:
        """Choose the first step size. A start that is not finite ends the solve, unless steps may go on from there."""
        slope = self._stepper.first_slope(self._t, self._y)
        ratio = self._not_finite(slope) + self._not_finite(self._y)
        if isnan(ratio) and not self._decide(0.0, ratio).accept:
            return Status.non_finite
        plan = self._plan
        if plan.controller.adaptive:
            direction = copysign(1.0, self._stop - self._t)
            dt = self._first_step(slope.detach(), direction) if plan.dt is None else plan.dt
            self._dt = direction * min(max(dt, plan.min_step), plan.max_step)
        else:
            self._dt = self._equal_step()
        return Status.success

    def _equal_step(self) -> float:
        """The size of equal steps to the next stop, none larger than asked."""
        span, dt = self._stop - self._t, self._plan.dt
        if dt is None or isinf(span):
            return copysign(dt or span, span)
        return span / ceil(abs(span) / dt * (1 - AT_STEP_END))

    def _first_step(self, slope: Tensor, direction: float) -> float:
        """A first step size of the order that the tolerance allows. Source: Hairer, Nørsett, Wanner I, II.4."""
        t, y, tolerance = self._t, self._y.detach(), self._plan.tolerance
        size, speed = tolerance.norms((y, slope), y)
        guess = 1e-6 if min(size, speed) < 1e-5 else 0.01 * size / speed
        guess = min(guess, abs(self._stops[-1] - t))
        if not guess > 0.0:
            return 0.0  # so steep that its size overflows: no step is small enough
        with torch.no_grad():
            ahead = self._field.evaluate(t + direction * guess, y + direction * guess * slope)
        (change,) = tolerance.norms((ahead - slope,), y)
        fastest = max(speed, change / guess)
        if not isfinite(change):
            return guess * 1e-3  # there is something wrong ahead; steps will find where
        if not fastest > 1e-15:  # the field vanishes
            return max(1e-6, guess * 1e-3)
        allowed = self._plan.controller.first_error
        return float(min(100 * guess, (allowed / fastest) ** (1.0 / (self._error_order + 1))))

    def _advance(self) -> Status:
        """Attempt one step, and accept it or not."""
        if len(self._steps) >= self._plan.max_steps:
            return Status.max_steps
        t, y = self._t, self._y
        dt = self._next_dt()
        if abs(dt) <= 4 * EPSILON * max(abs(t), SMALLEST_TIME) and dt != self._stop - t:
            not_finite = isnan(self._errors.ratio) and self._trouble is Status.non_finite
            return Status.non_finite if not_finite else Status.step_underflow
        if self._watch is not None:
            self._watch.attempting(t, y, dt)
        step = self._stepper.attempt(t, y, dt)
        ratio = self._ratio(step, dt)
        decision = self._decide(dt, ratio)
        self._steps.append(StepRecord(t, dt, ratio if step.errors else nan, decision.accept, step.newton_iterations))
        if decision.accept:
            return self._accept(dt, step, decision, ratio)
        self._trouble = Status.non_finite if step.solved else Status.newton_failure
        return self._reject(dt, decision, ratio)

    def _decide(self, dt: float, ratio: float) -> Decision:
        errors = ErrorHistory(ratio, *self._errors[1:])
        decision = self._plan.controller.decide(dt, errors, self._error_order)
        return self._plan.limited(decision, dt, ratio) if self._limits else decision

    def _reject(self, dt: float, decision: Decision, ratio: float) -> Status:
        """Try again with a smaller step, where there is one."""
        if self._watch is not None:
            self._watch.rejected(self._t, self._y, dt)
        if abs(decision.dt_next) >= abs(dt):
            return self._trouble  # a fixed step, or one of the smallest size, has nothing smaller to try
        self._errors = self._errors._replace(ratio=ratio, rejected=True)
        self._dt = decision.dt_next
        return Status.success

    def _next_dt(self) -> float:
        """The size of the next attempt: never beyond the next stop, and with no sliver left before it."""
        remaining = self._stop - self._t
        if not self._plan.controller.adaptive and isfinite(remaining):
            return remaining / max(1, round(remaining / self._dt))  # so that rounding does not add up
        return remaining if abs(self._dt) * 1.01 >= abs(remaining) else self._dt

    def _ratio(self, step: Step, dt: float) -> float:
        """Error over tolerance; without an estimate 0. Not finite where the step is not."""
        y1 = step.y1.detach()
        if step.errors:
            return self._plan.tolerance.ratio(step.errors, dt, self._y.detach(), y1)
        return self._not_finite(y1)

    def _not_finite(self, vector: Tensor) -> float:
        """NaN when an entry is not finite, else 0."""
        return torch.dot(vector.detach(), self._zeros).item()

    def _accept(self, dt: float, step: Step, decision: Decision, ratio: float) -> Status:
        """Move to the step's end, saving the states at the output times on the way."""
        t, y = self._t, self._y
        arrived = dt == self._stop - t
        t1 = self._stop if arrived else t + dt
        marks = () if self._watch is None else self._watch.accepted(self._accepted(dt, step))
        thetas = self._thetas(t, t1, dt)
        if marks:
            thetas = self._insert(marks, thetas, dt)
        if self._keep is not Keep.nothing:
            self._remember(Checkpoint(t, dt, y, self._row, thetas, None))
        if thetas:
            inside = thetas[: len(thetas) - thetas.count(1.0)]
            if inside:
                self._saved.append(self._stepper.outputs(t, y, dt, inside))
            self._saved.append(step.y1.expand(len(thetas) - len(inside), -1))
            self._row += len(thetas)
        self._stepper.accept()
        self._errors = ErrorHistory(ratio, ratio, self._errors.previous)
        # a step cut short by a stop says nothing against the size that was planned
        self._dt = copysign(max(abs(decision.dt_next), abs(self._dt)), dt) if arrived else decision.dt_next
        self._t, self._y = t1, step.y1
        if arrived and len(self._stops) > 1:
            self._aim()
        return Status.event if marks and marks[-1].ends else Status.success

    def _remember(self, step: Checkpoint) -> None:
        """Keep of an accepted step what is asked for."""
        if self._keep is Keep.last:
            if not step.thetas:
                step = self._emptied(step)
            elif self._last is not None:
                self._checkpoints[self._last] = self._emptied(self._checkpoints[self._last])
        if self._keep is Keep.slopes or (self._keep is Keep.last and step.thetas):
            step = step._replace(slopes=self._stepper.slopes())
            self._last = len(self._checkpoints)
        self._checkpoints.append(step)

    def _emptied(self, step: Checkpoint) -> Checkpoint:
        return step._replace(y=self._nothing, slopes=None)

    def _aim(self) -> None:
        """Turn to the stop after the one that is reached."""
        self._stops.pop(0)
        self._stop = self._stops[0]
        if not self._plan.controller.adaptive:
            self._dt = self._equal_step()

    def _accepted(self, dt: float, step: Step) -> AcceptedStep:
        t, y = self._t, self._y
        return AcceptedStep(t, dt, y, step.y1, lambda thetas: self._stepper.outputs(t, y, dt, thetas))

    def _insert(self, marks: Sequence[Mark], thetas: tuple[float, ...], dt: float) -> tuple[float, ...]:
        """The outputs of a step with those at marks among them: their times become output times."""
        end = marks[-1].theta if marks[-1].ends else 1.0
        asked = [theta for theta in thetas if theta <= end]
        rows = slice(self._row, self._row + len(asked))
        places = [(mark.theta, self._t + mark.theta * dt, mark.owner) for mark in marks]
        places += [(theta, time, None) for theta, time in zip(asked, self._times[rows], strict=True)]
        places.sort(key=lambda place: place[0])
        self._marked += [MarkedRow(self._row + n, owner) for n, (*_, owner) in enumerate(places) if owner is not None]
        self._times[rows] = [time for _, time, _ in places]
        return tuple(theta for theta, *_ in places)

    def _thetas(self, t: float, t1: float, dt: float) -> tuple[float, ...]:
        """Where in the step the next output times fall; exactly 1 for those at its end."""
        slack = AT_STEP_END * max(abs(t), abs(t1))
        sign = copysign(1.0, dt)
        thetas = []
        for row in range(self._row, len(self._times)):
            time = self._times[row]
            ahead = (time - t1) * sign
            if ahead > slack:
                break
            thetas.append(1.0 if ahead >= -slack else (time - t) / dt)
        return tuple(thetas)


def saved_at_start(times: Sequence[float]) -> int:
    """How many of the output times are the first one: at least itself."""
    return len(list(takewhile(lambda time: time == times[0], times)))
