"""Gradients through independent steps: the accepted steps are made again, with a graph.

The n-th steps of all samples are made together. Samples are put in the order of how many steps they have, so that
those which have an n-th one are the first so many.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from solver.coefficients import constant
from solver.per_sample.field import SampleField, widened
from solver.per_sample.newton import RowEquations, attached
from solver.per_sample.record import Way
from solver.per_sample.taken import Places, dense_weights
from solver.tableau import ButcherTableau, padded


class Round(NamedTuple):
    """The n-th steps of those samples that have one, and the places on them where states were saved."""

    way: Way
    places: Places
    window: Tensor | None


class Rounds:
    """All accepted steps, in rounds. `order` are the samples from the one with most steps to that with fewest.

    `arrangement` are the places' numbers in the order of the rounds.
    """

    def __init__(self, way: Way, places: Places, samples: int, window: Tensor | None) -> None:
        counts = torch.bincount(way.sample, minlength=samples)
        self.order = torch.argsort(counts, descending=True, stable=True)
        steps = _by_round(way.sample, counts, self.order)
        self._way, self._window = way.of(steps), window
        rank = torch.empty_like(steps)
        rank[steps] = torch.arange(len(steps), device=steps.device)
        ranked = rank[places.step]
        self.arrangement = torch.argsort(ranked, stable=True)
        self._places = Places(ranked[self.arrangement], places.theta[self.arrangement])
        most = int(counts.max())
        sizes = (counts > torch.arange(most, device=counts.device)[:, None]).sum(1)
        ends = sizes.cumsum(0)
        self._step_ends: list[int] = [0, *ends.tolist()]
        self._place_ends: list[int] = [0, *torch.searchsorted(self._places.step, ends).tolist()]

    def __len__(self) -> int:
        return len(self._step_ends) - 1

    def __getitem__(self, n: int) -> Round:
        part = slice(self._step_ends[n], self._step_ends[n + 1])
        way = Way(*(each[part] for each in self._way))
        step, theta = (each[self.saved(n)] for each in self._places)
        window = None if self._window is None else self._window[:, way.sample]
        return Round(way, Places(step - part.start, theta), window)

    def saved(self, n: int) -> slice:
        """Where the places of the n-th round are in the arrangement."""
        return slice(self._place_ends[n], self._place_ends[n + 1])

    def forwards(self) -> Iterator[Round]:
        return (self[n] for n in range(len(self)))


class Remade(NamedTuple):
    """A round's steps made again: where they end, and the states (places, entries) that were saved on them."""

    y1: Tensor
    saved: Tensor


def remake(tableau: ButcherTableau, field: SampleField, steps: Round, y: Tensor, derivatives: int = 1) -> Remade:
    """Make the steps of a round from the states y, recorded by autograd.

    Stages that were solved for are not solved for again; they have so many exact `derivatives`.
    """
    step = _TapedStep.of(tableau, field, steps, y)
    if steps.way.slopes.shape[1]:
        step.attach(steps.way.slopes, derivatives)
    y1 = step.total(tableau.b[: tableau.advancing])
    ends = y1[steps.places.step]
    inside = (steps.places.theta < 1.0).nonzero().squeeze(1)
    if not len(inside):
        return Remade(y1, ends)
    states = step.inside(steps.places.step[inside], steps.places.theta[inside])
    return Remade(y1, ends.index_copy(0, inside, states))


class _TapedStep:
    """The stages of steps (steps,) from the states y at `times` (stages, steps), evaluated as they are needed."""

    def __init__(
        self,
        tableau: ButcherTableau,
        field: SampleField,
        sample: Tensor,
        times: Tensor,
        dt: Tensor,
        y: Tensor,
        slopes: list[Tensor],
    ) -> None:
        self._tableau, self._field, self._sample = tableau, field, sample
        self._times, self._dt, self._y, self._slopes = times, dt, y, slopes

    @classmethod
    def of(cls, tableau: ButcherTableau, field: SampleField, steps: Round, y: Tensor) -> _TapedStep:
        way = steps.way
        times = torch.addcmul(way.t, constant(tableau.all_c, way.t).unsqueeze(1), way.dt)
        times = times if steps.window is None else torch.clamp(times, *steps.window)
        return cls(tableau, field, way.sample, times, widened(way.dt.to(y.dtype), y), y, [])

    def attach(self, solved: Tensor, derivatives: int) -> None:
        """Take the slopes (steps, stages, entries) that were `solved` for, with the graph of what they solve."""
        tableau, field = self._tableau, self._field
        first = field.evaluate(self._times[0], self._y, self._sample)
        self._slopes = [first + (solved[:, 0] - first).detach()]  # its value was handed on from the step before
        for block in tableau.blocks[1:]:
            bases = torch.stack([self.total(tableau.a[stage][: block.start]) for stage in block])
            a = constant(tuple(padded(tableau.a[n][block.start : block.stop], len(block)) for n in block), self._y)
            equations = RowEquations(field, self._times[block.start : block.stop], bases, a, self._dt, self._sample)
            slopes = solved[:, block.start : block.stop].transpose(0, 1)
            self._slopes += attached(equations, slopes, derivatives).unbind()

    def only(self, present: Tensor) -> _TapedStep:
        """Those steps alone."""
        slopes = [slope[present] for slope in self._slopes]
        sample, times = self._sample[present], self._times[:, present]
        return _TapedStep(self._tableau, self._field, sample, times, self._dt[present], self._y[present], slopes)

    def total(self, weights: tuple[float, ...]) -> Tensor:
        """y + dt Σ weights_i k_i over the first stages."""
        self._evaluate(len(weights))
        if not weights:
            return self._y
        stages = torch.stack(self._slopes[: len(weights)]).flatten(1)
        return torch.addcmul(self._y, self._dt, torch.mv(stages.t(), constant(weights, self._y)).view_as(self._y))

    def inside(self, step: Tensor, theta: Tensor) -> Tensor:
        """The states at t + θ dt of the steps. What more that needs is evaluated for those steps alone."""
        count = len(self._tableau.all_c)
        if len(self._slopes) < count:
            present, step = torch.unique(step, return_inverse=True)
            part = self.only(present)
            part._evaluate(count)
            return part.inside(step, theta)
        stages = torch.stack(self._slopes, 1)
        weights = dense_weights(self._tableau, theta).to(stages.dtype)
        return torch.addcmul(self._y[step], self._dt[step], torch.einsum("ps,pse->pe", weights, stages[step]))

    def _evaluate(self, count: int) -> None:
        for stage in range(len(self._slopes), count):
            at = self.total(self._tableau.all_a[stage])
            self._slopes.append(self._field.evaluate(self._times[stage], at, self._sample))


def _by_round(sample: Tensor, counts: Tensor, order: Tensor) -> Tensor:
    """How to arrange steps by round, and in a round by the samples' order. A sample's steps are in order already."""
    by_sample = torch.argsort(sample, stable=True)
    starts = counts.cumsum(0) - counts
    within = torch.empty_like(sample)
    within[by_sample] = torch.arange(len(sample), device=sample.device) - starts[sample[by_sample]]
    rank = torch.empty_like(order)
    rank[order] = torch.arange(len(order), device=order.device)
    return torch.argsort(within * len(order) + rank[sample])
