"""Attempts in a row that nobody looks at in between: what is accepted and how sizes go on is decided on the device."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

import torch
from torch import Tensor

from solver.coefficients import constant
from solver.per_sample.field import SampleField
from solver.per_sample.under_way import SamplePlan, UnderWay

FEWEST = 8
"""Batches are not cut short for the sake of fewer samples than this, which cost the same."""


class Attempts(NamedTuple):
    """What came of some attempts of every row: tensors (attempts, rows); `s` and `ys` also tell where they ended.

    `h` is the size of each, `planned` what it would have been but for a stop ahead, for which it is the `last`.
    `stages` (stages, attempts, rows, entries) are kept where someone is to look inside steps, until the next run.
    """

    s: Tensor
    planned: Tensor
    h: Tensor
    last: Tensor
    ratio: Tensor
    accept: Tensor
    ys: Sequence[Tensor]
    stages: Tensor | None

    @property
    def y(self) -> Tensor:
        return torch.stack(tuple(self.ys))


class Runner:
    """Makes attempts of all rows of a batch that stays the same. A row that has arrived makes steps of no size."""

    def __init__(self, plan: SamplePlan, field: SampleField, start: UnderWay, length: int, keeps_stages: bool) -> None:
        self._plan, self._field, self._length, self._keeps = plan, field, length, keeps_stages
        tableau, self.rows = plan.tableau, len(start.s)
        self._buffer = start.y.new_empty(tableau.stages, length + 1 if keeps_stages else 1, *start.y.shape)
        self._slots = [matrix.unbind() for matrix in self._buffer.unbind(1)]
        self._leading: list[list[Tensor]] = []
        self._nodes = constant(tableau.c, start.s).unsqueeze(1)
        self._restart(start)

    def run(self, start: UnderWay, most: int, *, knows_slope: bool, looks: bool) -> Attempts:
        """Up to `most` attempts. Where it `looks`, fewer if half of the rows, or all, have arrived before."""
        self._restart(start)
        self._slots[0][0].copy_(start.slope)
        for made in range(min(most, self._length)):
            self._attempt(made if self._keeps else 0, knows_slope and made == 0)
            if looks and self._few_go_on():
                break
        s, planned = torch.stack(self._s), torch.stack(self._planned)
        h, last, ratio, accept = map(torch.stack, (self._h, self._last, self._ratio, self._accept))
        return Attempts(s, planned, h, last, ratio, accept, self._y, self._buffer if self._keeps else None)

    def after(self) -> UnderWay:
        """Where the run has left the samples."""
        slope = self._slots[len(self._h) if self._keeps else 0][0]
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
        self._target = self._next_stop()

    def _next_stop(self) -> Tensor:
        stops = self._course.stops
        return self._course.end if stops is None else stops.gather(1, self._aim.unsqueeze(1)).squeeze(1)

    def _few_go_on(self) -> bool:
        rows = len(self._start.s)
        going = int((self._s[-1] < self._course.end).sum())
        return going == 0 or (rows > FEWEST and 2 * going <= rows)

    def _attempt(self, place: int, knows_slope: bool) -> None:
        """Attempt one step of every row, and accept it or not."""
        plan, s, planned, y = self._plan, self._s[-1], self._planned[-1], self._y[-1]
        remaining = self._target - s
        last = planned * 1.01 >= remaining
        h = torch.where(last, remaining, planned)
        y1 = self._advance(place, s, h, y, knows_slope)
        errors = [self._total(place, estimate.weights).view_as(y) for estimate in plan.tableau.estimates]
        ratio = plan.tolerance.ratios(errors, y, y1) * h
        accept, h_next, self._memory = plan.control.decide(h, ratio, self._memory)
        self._s.append(torch.where(accept, torch.where(last, self._target, s + h), s))
        moves = accept.unsqueeze(1)
        self._y.append(torch.where(moves, y1, y))
        self._hand_on(place, moves)
        if self._course.stops is not None:
            h_next = self._aim_on(accept & last, h_next, planned)
        self._planned.append(h_next)
        self._h.append(h)
        self._last.append(last)
        self._ratio.append(ratio)
        self._accept.append(accept)

    def _advance(self, place: int, s: Tensor, h: Tensor, y: Tensor, knows_slope: bool) -> Tensor:
        """Evaluate the stages; y1."""
        tableau, field, slots = self._plan.tableau, self._field, self._slots[place]
        dt = h * self._course.direction
        times = torch.addcmul(s * self._course.direction, self._nodes, dt)
        if self._course.window is not None:
            times = torch.clamp(times, *self._course.window)
        moments, samples = field.moments(times, y).unbind(), self._start.sample
        size = dt.to(y.dtype).unsqueeze(1)
        if not (tableau.fsal or knows_slope):
            slots[0].copy_(field.evaluate_filled(moments[0], y, samples))
        at = y
        for stage in range(1, tableau.stages):
            at = torch.addcmul(y, size, self._total(place, tableau.a[stage]).view_as(y))
            slots[stage].copy_(field.evaluate_filled(moments[stage], at, samples))
        return at if tableau.fsal else torch.addcmul(y, size, self._total(place, tableau.b).view_as(y))

    def _total(self, place: int, weights: tuple[float, ...]) -> Tensor:
        """Σ weights_i k_i over the first stages, flat."""
        while len(self._leading) <= place:
            flat = self._buffer[:, len(self._leading)].flatten(1)
            self._leading.append([flat[:count].t() for count in range(len(flat) + 1)])
        return torch.mv(self._leading[place][len(weights)], constant(weights, self._buffer))

    def _hand_on(self, place: int, moves: Tensor) -> None:
        """Where a step was accepted, its last slope is the next one's first."""
        if self._plan.tableau.fsal:
            slots = self._slots[place]
            torch.where(moves, slots[-1], slots[0], out=self._slots[place + 1 if self._keeps else 0][0])

    def _aim_on(self, arrived: Tensor, h_next: Tensor, planned: Tensor) -> Tensor:
        """Turn to the next stop where one was reached. A step cut short says nothing against the size planned."""
        stops = self._course.stops
        if stops is not None:
            self._aim = (self._aim + arrived).clamp(max=stops.shape[1] - 1)
            self._target = self._next_stop()
        return torch.where(arrived, torch.maximum(h_next, planned), h_next)
