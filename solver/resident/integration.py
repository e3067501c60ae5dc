"""The loop, with its attempts made ahead on the device: states, statistics and statuses as from `solver.integrate`."""

from __future__ import annotations

from collections.abc import Sequence
from math import copysign, isnan

import torch
from torch import Tensor

from solver.coefficients import sent
from solver.controllers import Decision
from solver.field import FlatField
from solver.integrate import Integration
from solver.plan import Plan
from solver.resident.ahead import FIRST, AheadStepper, expected_attempts
from solver.resident.attempt import Start
from solver.resident.attempts import attempts_from
from solver.resident.choosing import Fitting, fitting
from solver.resident.first_size import Beginning, first_size
from solver.resident.measure import nan_unless_finite
from solver.solution import Status
from solver.step import MakeStages, Step
from solver.trajectory import Keep, Trajectory


def integrate_ahead(
    plan: Plan,
    field: FlatField,
    y0: Tensor,
    times: Sequence[float],
    stages: MakeStages,
    *,
    first_slope: Tensor | None = None,
    keep: Keep = Keep.nothing,
) -> Trajectory | None:
    """As `solver.integrate.integrate`; None where the solve is for that one."""
    fits = fitting(plan, field, y0, stages)
    if fits is None:
        return None
    with torch.no_grad():
        return ResidentIntegration(plan, field, fits, y0, times, first_slope, keep).run()


class ResidentIntegration(Integration):
    """Takes up attempts that were made ahead, where `Integration` makes one after the other.

    What was kept of them is overwritten by the next run: it has to be used, or copied, before.
    """

    def __init__(
        self,
        plan: Plan,
        field: FlatField,
        fits: Fitting,
        y0: Tensor,
        times: Sequence[float],
        first_slope: Tensor | None,
        keep: Keep,
    ) -> None:
        self._fits = fits
        self._ahead = AheadStepper(fits.method, field, y0, fits.rules.sizes.certain)
        if first_slope is not None:
            self._ahead.start_from(first_slope)
        super().__init__(plan, field, self._ahead, y0, times, keep)
        looks_inside = not {*times} <= {times[0], *self._stops}
        self._keeps_stages = looks_inside or keep in (Keep.slopes, Keep.last)

    @property
    def ahead(self) -> AheadStepper:
        """What makes the attempts, and counts them."""
        return self._ahead

    def run(self) -> Trajectory:
        if self._row == len(self._times):
            return super().run()  # there is nowhere to go
        start = self._start()
        with attempts_from(start, self._fits, self._field, self._keeps_stages) as self._made:
            found = super().run()
            self._made.expected = self._ahead.taken
        return found

    def _start(self) -> Start:
        """Where the attempts begin, with the size of the first."""
        t, stops, y = self._t, self._stops, self._y
        slope, rule = self._ahead.first_slope(t, y).detach(), self._fits.rules.sizes
        direction = copysign(1.0, self._stop - t)
        size = self._known_size()
        moments = [t, stops[-1] - t, t * direction, direction, size or 0.0, *(stop * direction for stop in stops)]
        sending = sent(moments, torch.empty(0, dtype=torch.float64, device=y.device))
        at, span, s, sign, planned = sending[:5].split(1)
        looked_ahead = torch.zeros_like(s)
        if size is None:
            beginning = Beginning(at, span, y, slope)
            first = first_size(beginning, self._fits.evaluate, self._fits.rules.measure, self._plan)
            planned = first.h.clamp(self._plan.min_step, self._plan.max_step)
            looked_ahead = first.looked_ahead.to(s)
        broken = nan_unless_finite(slope) + nan_unless_finite(y)
        self._header = torch.cat((broken, planned, looked_ahead))
        return Start(s, sign, sending[5:], planned, y, slope, rule.new_memory(s))

    def _known_size(self) -> float | None:
        """The size of the first step, where it needs no look at the field."""
        plan = self._plan
        if not plan.controller.adaptive:
            return abs(self._equal_step())
        return None if plan.dt is None else min(max(plan.dt, plan.min_step), plan.max_step)

    def _begin(self) -> Status:
        """Make the first attempts. A start that is not finite ends the solve."""
        most = self._made.expected or FIRST
        if self._fits.rules.sizes.certain:
            most = expected_attempts(self._stops[-1] - self._t, self._equal_step())
        broken, size, looked_ahead = self._ahead.run(self._made, min(most, self._plan.max_steps), self._header)
        if isnan(broken):
            return Status.non_finite
        self._field.evaluations += int(looked_ahead)
        self._dt = copysign(size, self._stop - self._t)
        return Status.success

    def _next_dt(self) -> float:
        remaining = abs(self._stops[-1] - self._t)
        return self._ahead.upcoming(remaining, self._plan.max_steps - len(self._steps)).dt

    def _ratio(self, step: Step, dt: float) -> float:
        return self._ahead.attempted.ratio

    def _decide(self, dt: float, ratio: float) -> Decision:
        return Decision(self._ahead.attempted.accept, self._ahead.attempted.dt_next)
