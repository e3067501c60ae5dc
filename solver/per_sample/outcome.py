"""What came of a solve with independent steps, in one piece or several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from solver.per_sample.gradients import SampleProblem
from solver.per_sample.record import Found, Way
from solver.solution import Samples, SampleSteps, Status


class Met(NamedTuple):
    """Events (events,) that samples met: whose, which, when, and in which states (events, entries)."""

    sample: Tensor
    event: Tensor
    t: Tensor
    y: Tensor


class SampleOutcome(NamedTuple):
    """`ys` (rows, samples, entries) at the output times, NaN where a sample did not get to; and what else was asked.

    `nodes` (steps, degree, entries) are the states that the steps of the `way` were sampled in.
    """

    ys: Tensor
    samples: Samples
    way: Way
    nodes: Tensor
    met: Met


def outcome_of(problem: SampleProblem, found: Found) -> SampleOutcome:
    """What was found, by output time, step and event."""
    at_start = problem.times == problem.times[0]
    ys = torch.where(at_start.unsqueeze(2), found.starts, torch.nan)
    place, row, sample = found.cells
    ys = ys.index_put((row, sample), found.states[place])
    happened = found.happened
    met = Met(happened.sample, happened.event, happened.t, found.states[happened.place])
    return SampleOutcome(ys, found.samples, found.way, found.states[found.nodes], met)


def joined(ys: Tensor, reached: Tensor, pieces: Sequence[SampleOutcome]) -> SampleOutcome:
    """The outcome of a solve in pieces that saved `ys` all together."""
    samples = [piece.samples for piece in pieces]

    def steps() -> SampleSteps:
        return SampleSteps(*map(torch.cat, zip(*(each.steps for each in samples), strict=True)))

    statuses = tuple(map(_status, zip(*(each.statuses for each in samples), strict=True)))
    accepted, rejected, nfe = (
        torch.stack(parts).sum(0)
        for parts in zip(*((each.accepted, each.rejected, each.nfe) for each in samples), strict=True)
    )
    way = Way(*map(torch.cat, zip(*(piece.way for piece in pieces), strict=True)))
    met = Met(*map(torch.cat, zip(*(piece.met for piece in pieces), strict=True)))
    nodes = torch.cat([piece.nodes for piece in pieces])
    return SampleOutcome(ys, Samples(reached, accepted, rejected, nfe, statuses, steps), way, nodes, met)


def _status(parts: Sequence[Status]) -> Status:
    """How a sample ended whose pieces ended so: as the first of them that did not get to its end."""
    return next((status for status in parts if status is not Status.success), Status.success)
