"""A solve with independent steps in pieces: each sample up to its own first jump of the field, and on from there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from solver.per_sample.gradients import SampleProblem
from solver.per_sample.outcome import SampleOutcome, joined, outcome_of
from solver.per_sample.record import Found, Way
from solver.per_sample.under_way import stops_between
from solver.solution import Status


class Piece(NamedTuple):
    """From where to where, in each sample's own direction, (samples,); which `rows` (rows, samples) are saved there."""

    start: Tensor
    end: Tensor
    rows: Tensor


def solve_in_pieces(
    problem: SampleProblem, jumps: tuple[float, ...], way: Callable[[SampleProblem], Found]
) -> SampleOutcome:
    """Solve up to each sample's next jump, and on from there, all samples together."""
    direction = torch.where(problem.times[-1] >= problem.times[0], 1.0, -1.0)
    ways = problem.times * direction
    outcomes: list[SampleOutcome] = []
    ys = problem.y0.new_full((*problem.times.shape, problem.y0.shape[1]), torch.nan)
    reached = torch.zeros_like(ways[0], dtype=torch.long) - 1
    spent, going = torch.zeros_like(reached), torch.ones_like(reached, dtype=torch.bool)
    rows = torch.arange(len(ways), device=ways.device).unsqueeze(1)
    part = problem
    for start, end, mine in _pieces(jumps, direction, ways):
        end = torch.where(going, end, start)
        inside = torch.cat((torch.clamp(ways, start, end), end.unsqueeze(0))) * direction
        window = _window(start * direction, end * direction, jumps, problem.y0.dtype)
        part = replace(part, times=inside, window=window, spent=spent)
        outcome = outcome_of(part, way(part))
        outcomes.append(outcome)
        samples = outcome.samples
        saved = mine & going & (rows <= samples.reached)
        ys = torch.where(saved.unsqueeze(2), outcome.ys[:-1], ys)
        reached += saved.sum(0)
        arrived = [status is Status.success for status in samples.statuses]
        going = going & torch.tensor(arrived, device=going.device)
        spent = spent + samples.accepted + samples.rejected
        y0 = torch.where(going.unsqueeze(1), outcome.ys[-1], part.y0)
        part = replace(part, y0=y0, plan=replace(part.plan, dt=_sizes_reached(outcome.way, len(going))))
    return joined(ys, reached, outcomes)


def _pieces(jumps: tuple[float, ...], direction: Tensor, ways: Tensor) -> list[Piece]:
    """Cut at the jumps. Samples with fewer of them than others stay at their end in the last pieces."""
    stops = stops_between(jumps, direction, ways[0], ways[-1])
    ends = [ways[-1]] if stops is None else list(stops.unbind(1))
    starts = [ways[0], *ends[:-1]]
    bounds = zip(starts, ends, strict=True)
    pieces = [Piece(start, end, (ways > start) & (ways <= end)) for start, end in bounds]
    return [pieces[0]._replace(rows=ways <= pieces[0].end), *pieces[1:]]


def _window(start: Tensor, end: Tensor, jumps: tuple[float, ...], dtype: torch.dtype) -> Tensor:
    """The times (2, samples), lowest and highest, to evaluate the field at: not at jumps, which belong to no side."""
    marks = torch.tensor(jumps, dtype=start.dtype, device=start.device)
    typed_start, typed_end = start.to(dtype), end.to(dtype)
    first = torch.where(torch.isin(start, marks), torch.nextafter(typed_start, typed_end).to(start), start)
    last = torch.where(torch.isin(end, marks), torch.nextafter(typed_end, typed_start).to(start), end)
    return torch.stack((torch.minimum(first, last), torch.maximum(first, last)))


def _sizes_reached(way: Way, samples: int) -> Tensor:
    """First step sizes for the next piece; the last step may have been cut short, the one before it was not."""
    order = torch.argsort(way.sample, stable=True)
    count = torch.bincount(way.sample, minlength=samples)
    if not len(order):
        return torch.ones_like(count, dtype=torch.float64)
    sizes, last = way.dt[order].abs(), count.cumsum(0) - 1
    newest = sizes[last.clamp(min=0)]
    before = torch.where(count > 1, sizes[(last - 1).clamp(min=0)], 0.0)
    return torch.where(count > 0, torch.maximum(newest, before), 1.0)
