"""The samples that are under way, and what is known of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from solver.method import ImplicitRungeKutta, RungeKutta
from solver.per_sample.control import Memory, SampleControl, SampleTolerance
from solver.tableau import ButcherTableau


@dataclass(frozen=True)
class SamplePlan:
    """How to integrate: everything but the field, the starts and the times.

    dt is positive, one for all or (samples,), or None to be selected. A step ends at each of `forced_times`.
    """

    method: RungeKutta | ImplicitRungeKutta
    control: SampleControl
    tolerance: SampleTolerance
    dt: float | Tensor | None
    max_steps: int
    forced_times: tuple[float, ...] = ()

    @property
    def tableau(self) -> ButcherTableau:
        return self.method.tableau

    @property
    def solves(self) -> bool:
        """Whether stages are solved for."""
        return isinstance(self.method, ImplicitRungeKutta)

    @property
    def extra_stages(self) -> int:
        """How many evaluations a look inside a step costs."""
        return len(self.tableau.extra_c)


class Course(NamedTuple):
    """Where samples (rows,) go. Time is counted in each one's own direction: s = direction · t rises up to its `end`.

    `stops` (rows, stops), where there are any besides the end, rise too, and go on with the end where there are fewer.
    The field is evaluated within `window` (2, rows) of times t, where there is one.
    """

    direction: Tensor
    end: Tensor
    stops: Tensor | None
    window: Tensor | None

    def of(self, rows: Tensor) -> Course:
        stops = None if self.stops is None else self.stops[rows]
        window = None if self.window is None else self.window[:, rows]
        return Course(self.direction[rows], self.end[rows], stops, window)

    def ended(self, rows: Tensor, s: Tensor) -> Course:
        """The same where `rows` have come to their end at s: their steps then have no size."""
        stops = None if self.stops is None else torch.where(rows.unsqueeze(1), s.unsqueeze(1), self.stops)
        return self._replace(end=torch.where(rows, s, self.end), stops=stops)


def stops_between(forced: tuple[float, ...], direction: Tensor, start: Tensor, end: Tensor) -> Tensor | None:
    """The stops (rows, stops) that forced times mean on each row's way from start to end; None without forced times."""
    if not forced:
        return None
    ahead = direction.unsqueeze(1) * torch.tensor(sorted(set(forced)), dtype=start.dtype, device=start.device)
    between = (ahead > start.unsqueeze(1)) & (ahead < end.unsqueeze(1))
    return torch.cat((torch.where(between, ahead, end.unsqueeze(1)), end.unsqueeze(1)), 1).sort(1).values


class UnderWay(NamedTuple):
    """The samples under way, one a row: which, where from and to, and what they remember.

    The last rows may be copies that fill up the batch: for them there is nowhere to go. `planned` is the size of the
    next step, `slope` f at (s, y), where the method hands it on; `aim` is the next of the course's stops, `output` the
    next row of the output times. The last attempt's error ratio was `ratio`, and its size, where it was rejected,
    `rejected`, which is infinite where it was accepted. Before the first attempt both are NaN.
    """

    sample: Tensor
    course: Course
    s: Tensor
    planned: Tensor
    y: Tensor
    slope: Tensor
    memory: Memory
    aim: Tensor
    output: Tensor
    ratio: Tensor
    rejected: Tensor

    def of(self, rows: Tensor) -> UnderWay:
        """Those in `rows` alone."""
        return UnderWay(
            self.sample[rows],
            self.course.of(rows),
            self.s[rows],
            self.planned[rows],
            self.y[rows],
            self.slope[rows],
            self.memory.of(rows),
            self.aim[rows],
            self.output[rows],
            self.ratio[rows],
            self.rejected[rows],
        )
