"""Gradients through independent steps: the accepted steps are made again, with a graph.

The n-th steps of all samples are made together. Samples are put in the order of how many steps they have, so that
those which have an n-th one are the first so many.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from solver.per_sample.field import SampleField
from solver.per_sample.integration import SampleCheckpoints
from solver.per_sample.outputs import Places, spread
from solver.per_sample.step import SampleStep
from solver.tableau import ButcherTableau


class Round(NamedTuple):
    """The n-th steps of those samples that have one: their times, sizes and starts, and their outputs.

    `places.step` is a step's place in the round, `cell` (row, sample) of each output in the saved states.
    """

    t: Tensor
    dt: Tensor
    y: Tensor
    places: Places
    cell: tuple[Tensor, Tensor]


class Rounds:
    """All accepted steps, in rounds. `order` are the samples from the one with most steps to that with fewest."""

    def __init__(self, checkpoints: SampleCheckpoints, times: Tensor) -> None:
        counts = torch.bincount(checkpoints.sample, minlength=times.shape[1])
        self.order = torch.argsort(counts, descending=True, stable=True)
        arrangement = _by_round(checkpoints.sample, counts, self.order)
        self._steps = SampleCheckpoints(*(each[arrangement] for each in checkpoints))
        steps = self._steps
        self._places = spread(times, steps.sample, steps.first_row, steps.t, steps.t + steps.dt, steps.dt, steps.rows)
        most = int(counts.max())
        self.sizes: list[int] = (counts > torch.arange(most, device=counts.device)[:, None]).sum(1).tolist()
        ends = torch.tensor(self.sizes, device=counts.device).cumsum(0)
        outputs = steps.rows.cumsum(0)[ends - 1]
        self._step_ends: list[int] = ends.tolist()
        self._output_ends: list[int] = outputs.tolist()

    def __len__(self) -> int:
        return len(self.sizes)

    def __getitem__(self, n: int) -> Round:
        stop, size = self._step_ends[n], self.sizes[n]
        start, first = stop - size, self._output_ends[n - 1] if n else 0
        part, outputs = slice(start, stop), slice(first, self._output_ends[n])
        steps, places = self._steps, self._places
        step, row = places.step[outputs] - start, places.row[outputs]
        inside = Places(step, row, places.theta[outputs], places.counts[part])
        return Round(steps.t[part], steps.dt[part], steps.y[part], inside, (row, steps.sample[part][step]))

    def forwards(self) -> Iterator[Round]:
        return (self[n] for n in range(len(self)))


class Remade(NamedTuple):
    """A round's steps made again: where they end, and the states (outputs, entries) at their outputs."""

    y1: Tensor
    outputs: Tensor


def remake(tableau: ButcherTableau, field: SampleField, steps: Round, y: Tensor) -> Remade:
    """Make the steps of a round from the states y, recorded by autograd."""
    step = SampleStep(tableau, field, steps.t, steps.dt, y, taped=True)
    y1 = step.advance(tableau.advancing)
    at_end = y1[steps.places.step]
    inside = (steps.places.theta < 1.0).nonzero().squeeze(1)
    if not len(inside):
        return Remade(y1, at_end)
    states = step.outputs(steps.places.step[inside], steps.places.theta[inside])
    return Remade(y1, at_end.index_copy(0, inside, states))


def _by_round(sample: Tensor, counts: Tensor, order: Tensor) -> Tensor:
    """How to arrange steps by round, and in a round by the samples' order. A sample's steps are in order already."""
    by_sample = torch.argsort(sample, stable=True)
    starts = counts.cumsum(0) - counts
    within = torch.empty_like(sample)
    within[by_sample] = torch.arange(len(sample), device=sample.device) - starts[sample[by_sample]]
    rank = torch.empty_like(order)
    rank[order] = torch.arange(len(order), device=order.device)
    return torch.argsort(within * len(order) + rank[sample])
