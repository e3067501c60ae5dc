"""A solve in pieces: up to a jump of the field and on from there, or while steps stay equal and on with others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from math import nan
from typing import NamedTuple

import torch
from torch import Tensor

from solver.gradients.problem import Gradient, Outcome, Problem
from solver.integrate import saved_at_start
from solver.method import AdamsBashforth, AdamsBashforthMoulton
from solver.one_sided import Window
from solver.solution import Status, StepRecord
from solver.trajectory import MarkedRow

EQUAL = 1e-9
"""Steps that differ by less than this part of them are equal: rounding made the difference."""


class Piece(NamedTuple):
    """From the first to the last of `times`. `dt`: the size of its steps, where it is known.

    `first_row` is 1 where the first row was saved by the piece before, else 0; `adds_end` says that nobody asked for
    the last one. `jumps` says whether the field jumps at its start, and at its end.
    """

    times: list[float]
    first_row: int
    adds_end: bool
    dt: float | None = None
    jumps: tuple[bool, bool] = (False, False)

    def window(self, like: Tensor) -> Window:
        """The times to evaluate the field at: not at its jumps, which belong to no side."""
        start, stop = self.times[0], self.times[-1]
        return Window.between(start, stop, like, open_start=self.jumps[0], open_stop=self.jumps[1])


Adapt = Callable[[Piece, Problem], Problem]
"""What makes a problem, whose start and times are right already, one for its piece."""


def cut(problem: Problem, jumps: Sequence[float]) -> list[Piece]:
    """The pieces that the problem has to be solved in: none where it can be solved as a whole."""
    plan, times = problem.plan, problem.times
    if problem.steps_nowhere:
        return []
    if jumps:
        return cut_at_jumps(times, jumps)
    if plan.forced_times and isinstance(plan.method, AdamsBashforth | AdamsBashforthMoulton):
        # their steps are equal: another size is another start
        return cut_into_runs(times, plan.forced_times) if plan.dt is None else cut_at_stops(times, plan.forced_times)
    return []


def cut_at_jumps(times: Sequence[float], jumps: Sequence[float]) -> list[Piece]:
    """The pieces between the jumps. One at the very start or end is a jump, too, but cuts nothing."""
    pieces = _cut(times, _between(times, jumps))
    return [piece._replace(jumps=(piece.times[0] in jumps, piece.times[-1] in jumps)) for piece in pieces]


def cut_at_stops(times: Sequence[float], stops: Sequence[float]) -> list[Piece]:
    """The pieces between the stops."""
    return _cut(times, _between(times, stops))


def cut_into_runs(times: Sequence[float], grid: Sequence[float]) -> list[Piece]:
    """The pieces in which the points of the grid, which include the times' ends, are equally far apart."""
    points = [times[0], *_between(times, grid), times[-1]]
    ends: list[float] = []
    sizes: list[float] = []
    for start, stop in pairwise(points):
        size = abs(stop - start)
        if sizes and abs(size - sizes[-1]) <= EQUAL * size:
            ends[-1] = stop
        else:
            ends.append(stop)
            sizes.append(size)
    return [piece._replace(dt=size) for piece, size in zip(_cut(times, ends[:-1]), sizes, strict=True)]


def solve_in_pieces(pieces: Sequence[Piece], whole: Problem, adapt: Adapt, gradient: Gradient) -> Outcome:
    """Solve the pieces one after the other."""
    joined, problem = Joined(), whole
    for piece in pieces:
        plan = replace(problem.plan, dt=piece.dt or problem.plan.dt, max_steps=_steps_left(whole))
        found = gradient.solve(adapt(piece, replace(problem, times=piece.times, plan=plan)))
        joined.add(found, piece)
        if found.status is not Status.success or not _steps_left(whole):
            break
        if plan.controller.adaptive:
            plan = replace(plan, dt=_size_reached(whole.stats.steps))
        problem = replace(problem, y0=found.ys[-1], plan=plan)
    return joined.outcome(whole)


class Joined:
    """What the pieces solved so far have found, joined."""

    def __init__(self) -> None:
        self._ys: list[Tensor] = []
        self._times: list[float] = []
        self._marked: list[MarkedRow] = []
        self._status = Status.success

    def add(self, found: Outcome, piece: Piece) -> None:
        """Add what a piece found, without the rows that nobody asked for."""
        arrived = found.status is Status.success
        rows = slice(piece.first_row, found.reached + 1 - (arrived and piece.adds_end))
        shift = len(self._times) - piece.first_row
        self._ys.append(found.ys[rows])
        self._times += found.times[rows]
        self._marked += [mark._replace(row=mark.row + shift) for mark in found.marked]
        self._status = found.status

    def outcome(self, whole: Problem) -> Outcome:
        """All of it as the outcome of the whole problem."""
        reached = len(self._times) - 1
        missing = whole.times[len(self._times) - len(self._marked) :]
        stopped = self._status is Status.success and missing
        status = Status.max_steps if stopped else self._status
        self._ys.append(whole.y0.new_full((len(missing), *whole.y0.shape), nan))
        return Outcome(torch.cat(self._ys), reached, status, [*self._times, *missing], self._marked)


def _steps_left(whole: Problem) -> int:
    return whole.plan.max_steps - len(whole.stats.steps)


def _size_reached(steps: Sequence[StepRecord]) -> float:
    """A first step size for the next piece; the last step may have been cut short, the one before it was not."""
    return max(abs(step.dt) for step in steps[-2:] if step.accepted)


def _between(times: Sequence[float], points: Sequence[float]) -> list[float]:
    """The points strictly between the first and the last time, in their order."""
    low, high = sorted((times[0], times[-1]))
    return sorted({point for point in points if low < point < high}, reverse=times[-1] < times[0])


def _cut(times: Sequence[float], ends: Sequence[float]) -> list[Piece]:
    """The pieces that end at `ends`, and the last one. What is saved at an end belongs to the piece before it."""
    lead = saved_at_start(times)
    before, waiting = list(times[:lead]), list(times[lead:])
    pieces: list[Piece] = []
    for end in [*ends, times[-1]]:
        start = before[0]
        count = sum(abs(time - start) <= abs(end - start) for time in waiting)
        inside, waiting = waiting[:count], waiting[count:]
        adds_end = not inside or inside[-1] != end
        pieces.append(Piece([*before, *inside, *([end] if adds_end else [])], 1 if pieces else 0, adds_end))
        before = [end]
    return pieces
