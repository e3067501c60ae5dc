"""Plan: everything that an integration depends on besides the field, the start and the times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import copysign, inf, isfinite, isinf
from typing import SupportsIndex

from solver.arguments import check_number
from solver.controllers import Controller, Decision
from solver.method import AsynchronousLeapfrog, Method, OneStep
from solver.tolerance import Measure
from solver.watch import Watch


@dataclass(frozen=True)
class Plan:
    """How to integrate: everything but the field, the start and the times. dt is positive, or None to be selected.

    A step ends at each of `forced_times`; fixed steps without a dt go straight from one to the next.
    Steps that an error chooses stay within min_step and max_step, of which min_step goes before the tolerance.
    """

    method: Method
    controller: Controller
    tolerance: Measure
    dt: float | None
    max_steps: int
    forced_times: tuple[float, ...] = ()
    min_step: float = 0.0
    max_step: float = inf
    watch: Watch | None = None

    def __post_init__(self) -> None:
        if self.controller.adaptive and not self.method.adaptive:
            raise ValueError(
                f"{self.method.name} has no error estimate for the {self.controller.name} controller to go by. "
                'Use controller="fixed" with dt, or an adaptive method.'
            )
        if self.dt is None and not self.controller.adaptive and not self.forced_times:
            raise ValueError(f"{self.method.name} takes fixed steps here and needs their size: pass dt > 0.")
        for name, number in (("dt", self.dt or 0.0), ("min_step", self.min_step), ("max_step", self.max_step)):
            check_number(name, number)
        if self.dt is not None and not (isfinite(self.dt) and self.dt > 0.0):
            raise ValueError(f"dt must be positive and finite, also for falling times; got {self.dt}.")
        whole = isinstance(self.max_steps, int | SupportsIndex) and not isinstance(self.max_steps, bool)
        if not whole or self.max_steps < 1:
            raise ValueError(f"max_steps must be a whole number of at least 1; got {self.max_steps!r}.")
        if not 0.0 <= self.min_step <= self.max_step or self.max_step == 0.0 or isinf(self.min_step):
            raise ValueError(
                "Steps need 0 <= min_step <= max_step, min_step finite and max_step positive; "
                f"got min_step={self.min_step}, max_step={self.max_step}."
            )

    @property
    def error_order(self) -> int:
        method = self.method
        return method.error_order if isinstance(method, OneStep | AsynchronousLeapfrog) and method.adaptive else 0

    @property
    def limits_steps(self) -> bool:
        return self.controller.adaptive and (self.min_step > 0.0 or self.max_step < inf)

    def limited(self, decision: Decision, dt: float, ratio: float) -> Decision:
        """The decision about a step of size dt within the limits; a finite step of the smallest size is accepted."""
        size = min(max(abs(decision.dt_next), self.min_step), self.max_step)
        smallest = abs(dt) <= self.min_step and isfinite(ratio)
        return Decision(decision.accept or smallest, copysign(size, dt))

    def stops(self, times: Sequence[float]) -> list[float]:
        """Where steps have to end on the way from the first to the last of the times: the forced times and the last."""
        start, end = times[0], times[-1]
        between = {time for time in self.forced_times if min(start, end) < time < max(start, end)}
        return [*sorted(between, reverse=end < start), end]
