"""Attempts in a row that nobody looks at in between: what is accepted and how sizes go on is decided on the device."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

import torch
from torch import Tensor

from solver.coefficients import constant
from solver.method import ImplicitRungeKutta
from solver.per_sample.field import SampleField, widened
from solver.per_sample.stages import Advance, Advanced, Attempted, BySolving, Explicitly, StageRows
from solver.per_sample.under_way import SamplePlan, UnderWay

FEWEST = 8
"""Batches are not cut short for the sake of fewer samples than this, which cost the same."""


class Attempts(NamedTuple):
    """What came of some attempts of every row: tensors (attempts, rows); `s` and `ys` also tell where they ended.

    `h` is the size of each, `planned` what it would have been but for a stop ahead, for which it is the `last`.
    `stages` (stages, attempts, rows, entries) are kept where someone is to look inside steps, until the next run.
    `inner` tells how many evaluations each attempt took, where that differs.
    """

    s: Tensor
    planned: Tensor
    h: Tensor
    last: Tensor
    ratio: Tensor
    accept: Tensor
    ys: Sequence[Tensor]
    stages: Tensor | None
    inner: Tensor | None

    @property
    def y(self) -> Tensor:
        return torch.stack(tuple(self.ys))


class Runner:
    """Makes attempts of all rows of a batch that stays the same. A row that has arrived makes steps of no size."""

    def __init__(self, plan: SamplePlan, field: SampleField, start: UnderWay, length: int, keeps_stages: bool) -> None:
        self._plan, self._length, self._keeps = plan, length, keeps_stages
        tableau, self.rows = plan.tableau, len(start.s)
        self._stages = StageRows(tableau.stages, length + 1 if keeps_stages else 1, start.y)
        method = plan.method
        self._make_stages: Advance = Explicitly(plan, field)
        if isinstance(method, ImplicitRungeKutta):
            self._make_stages = BySolving(plan, field, method)
        self._nodes = constant(tableau.c, start.s).unsqueeze(1)
        self._restart(start)

    def run(self, start: UnderWay, most: int, *, knows_slope: bool, looks: bool) -> Attempts:
        """Up to `most` attempts. Where it `looks`, fewer if all or most of the rows have arrived before."""
        self._restart(start)
        self._stages.of(0)[0].copy_(start.slope)
        for made in range(min(most, self._length)):
            self._attempt(made if self._keeps else 0, knows_slope and made == 0)
            if looks and self._few_go_on():
                break
        s, planned = torch.stack(self._s), torch.stack(self._planned)
        h, last, ratio, accept = map(torch.stack, (self._h, self._last, self._ratio, self._accept))
        stages = self._stages.buffer if self._keeps else None
        inner = torch.stack(self._inner) if self._inner else None
        return Attempts(s, planned, h, last, ratio, accept, self._y, stages, inner)

    def after(self) -> UnderWay:
        """Where the run has left the samples."""
        slope = self._stages.of(len(self._h) if self._keeps else 0)[0]
        return self._start._replace(
            s=self._s[-1],
            planned=self._planned[-1],
            y=self._y[-1],
            slope=slope,
            memory=self._memory,
            aim=self._aim,
            ratio=self._ratio[-1],
            rejected=torch.where(self._accept[-1], inf, self._h[-1]),
        )

    def _restart(self, start: UnderWay) -> None:
        self._start, self._course = start, start.course
        self._memory, self._aim = start.memory, start.aim
        self._s, self._planned, self._y = [start.s], [start.planned], [start.y]
        self._h: list[Tensor] = []
        self._last: list[Tensor] = []
        self._ratio: list[Tensor] = []
        self._accept: list[Tensor] = []
        self._inner: list[Tensor] = []
        self._target = self._next_stop()

    def _next_stop(self) -> Tensor:
        stops = self._course.stops
        return self._course.end if stops is None else stops.gather(1, self._aim.unsqueeze(1)).squeeze(1)

    def _few_go_on(self) -> bool:
        rows = len(self._start.s)
        going = int((self._s[-1] < self._course.end).sum())
        return going == 0 or (rows > FEWEST and 4 * going <= rows)

    def _attempt(self, place: int, knows_slope: bool) -> None:
        """Attempt one step of every row, and accept it or not."""
        plan, s, planned, y = self._plan, self._s[-1], self._planned[-1], self._y[-1]
        remaining = self._target - s
        last = planned * 1.01 >= remaining
        h = torch.where(last, remaining, planned)
        y1, errors, unsolved, evaluations = self._advance(place, s, h, y, knows_slope)
        ratio = plan.tolerance.ratios(errors, y, y1) * h
        if unsolved is not None and evaluations is not None:
            ratio = torch.where(unsolved, inf, ratio)
            self._inner.append(evaluations)
        accept, h_next, self._memory = plan.control.decide(h, ratio, self._memory)
        self._s.append(torch.where(accept, torch.where(last, self._target, s + h), s))
        moves = widened(accept, y)
        self._y.append(torch.where(moves, y1, y))
        self._hand_on(place, moves)
        if self._course.stops is not None:
            h_next = self._aim_on(accept & last, h_next, planned)
        self._planned.append(h_next)
        self._h.append(h)
        self._last.append(last)
        self._ratio.append(ratio)
        self._accept.append(accept)

    def _advance(self, place: int, s: Tensor, h: Tensor, y: Tensor, knows_slope: bool) -> Advanced:
        """Evaluate the stages, and what follows from them."""
        dt = h * self._course.direction
        times = torch.addcmul(s * self._course.direction, self._nodes, dt)
        if self._course.window is not None:
            times = torch.clamp(times, *self._course.window)
        at = Attempted(times, widened(dt.to(y.dtype), y), y, self._start.sample)
        return self._make_stages(self._stages, place, at, knows_slope)

    def _hand_on(self, place: int, moves: Tensor) -> None:
        """Where a step was accepted, its last slope is the next one's first."""
        if self._plan.tableau.fsal:
            slots = self._stages.of(place)
            torch.where(moves, slots[-1], slots[0], out=self._stages.of(place + 1 if self._keeps else 0)[0])

    def _aim_on(self, arrived: Tensor, h_next: Tensor, planned: Tensor) -> Tensor:
        """Turn to the next stop where one was reached. A step cut short says nothing against the size planned."""
        stops = self._course.stops
        if stops is not None:
            self._aim = (self._aim + arrived).clamp(max=stops.shape[1] - 1)
            self._target = self._next_stop()
        return torch.where(arrived, torch.maximum(h_next, planned), h_next)
