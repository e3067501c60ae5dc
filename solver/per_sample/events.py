"""Events of each sample: where its own g(t, y) = 0, and how their times and states are differentiated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor

from solver.events import LOOKS, Event
from solver.field import changes_of, check_unchanged
from solver.gradients.once import OF_EVENTS, once
from solver.per_sample.field import SampleField
from solver.per_sample.roots import bracketed_roots
from solver.per_sample.taken import Places, TakenSteps
from solver.solution import Stats


class Crossings(NamedTuple):
    """Where the samples' conditions became zero in some steps: which of the events, and where."""

    event: Tensor
    places: Places

    def only(self, kept: Tensor) -> Crossings:
        step, theta = self.places
        return Crossings(self.event[kept], Places(step[kept], theta[kept]))


class Ends(NamedTuple):
    """The first terminal event of each row (rows,), if any: its attempt, which is too large without one, and θ."""

    attempt: Tensor
    theta: Tensor


class Conditions:
    """The events' conditions of many samples at once: t (samples, 1, …), y (samples, …) -> a value for each."""

    def __init__(self, events: Sequence[Event], field: SampleField, looks_are_free: bool) -> None:
        self.events = events
        self._field = field
        looks = LOOKS if looks_are_free else 1
        self._thetas = [tuple((n + 1) / parts for n in range(parts)) for parts in (e.looks or looks for e in events)]

    def value(self, index: int, t: Tensor, y: Tensor) -> Tensor:
        """g at times (samples,) and flat states (samples, entries): (samples,)."""
        before = changes_of(y)
        found = self.events[index].condition(self._field.moments(t, y), self._field.shaped(y))
        check_unchanged(y, before, "An event's condition")
        if not isinstance(found, Tensor) or found.numel() != len(y) or found.shape[:1] != y.shape[:1]:
            came = f"shape {tuple(found.shape)}" if isinstance(found, Tensor) else type(found).__name__
            raise ValueError(
                "With per_sample=True an event's condition gets t and y of many samples, and must return a value for "
                f"each, of shape ({len(y)},); it returned {came}."
            )
        return found.reshape(-1)

    def crossings(self, steps: TakenSteps) -> Crossings:
        """All of them in the steps, in the order of the events."""
        found = [self._crossings(index, steps) for index in range(len(self.events))] if len(steps.row) else []
        nothing = steps.row[:0]
        event = torch.cat([nothing, *(torch.full_like(each.step, n) for n, each in enumerate(found))])
        step = torch.cat([nothing, *(each.step for each in found)])
        return Crossings(event, Places(step, torch.cat([steps.t[:0], *(each.theta for each in found)])))

    def _crossings(self, index: int, steps: TakenSteps) -> Places:
        thetas = self._thetas[index]
        inside = steps.in_all(thetas)
        start = self.value(index, steps.t, steps.y)
        later = self.value(index, steps.times(inside), steps.states(inside))
        values = torch.cat((start, later)).view(len(thetas) + 1, -1)
        look, step = self._crossed(index, values[:-1], values[1:]).nonzero().unbind(1)
        if not len(step):
            return Places(step, steps.t[:0])
        nodes = torch.tensor((0.0, *thetas), dtype=torch.float64, device=step.device)

        def value(theta: Tensor) -> Tensor:
            places = Places(step, theta)
            return self.value(index, steps.times(places), steps.states(places)).double()

        before, after = values[look, step].double(), values[look + 1, step].double()
        return Places(step, bracketed_roots(value, nodes[look], before, nodes[look + 1], after))

    def _crossed(self, index: int, before: Tensor, after: Tensor) -> Tensor:
        """As `Event.crossed`."""
        direction = self.events[index].direction
        rising, falling = (before < 0.0) & (after >= 0.0), (before > 0.0) & (after <= 0.0)
        return {"both": rising | falling, "rising": rising, "falling": falling}[direction]


class Until(NamedTuple):
    """Steps up to the samples' first terminal events, the θ at which each ends, and the crossings up to there."""

    steps: TakenSteps
    stop: Tensor
    crossings: Crossings
    ends: Ends


def until_terminal(conditions: Conditions, steps: TakenSteps, rows: int) -> Until:
    """What is left of the steps, which belong to so many rows, where terminal events end some."""
    crossings = conditions.crossings(steps)
    ends = _ends(conditions, crossings, steps, rows)
    at_last = ends.attempt[steps.row]
    stop = torch.where(steps.attempt == at_last, ends.theta[steps.row], 1.0)
    kept = steps.attempt <= at_last
    step, theta = crossings.places
    event, (step, theta) = crossings.only(kept[step] & (theta <= stop[step]))
    number = kept.cumsum(0) - 1
    return Until(steps.only(kept), stop[kept], Crossings(event, Places(number[step], theta)), ends)


def _ends(conditions: Conditions, crossings: Crossings, steps: TakenSteps, rows: int) -> Ends:
    terminal = torch.tensor([event.terminal for event in conditions.events], device=steps.row.device)
    step, theta = crossings.only(terminal[crossings.event]).places
    row, attempt = steps.row[step], steps.attempt[step]
    first = attempt.new_full((rows,), torch.iinfo(attempt.dtype).max).scatter_reduce(0, row, attempt, "amin")
    among = torch.where(attempt == first[row], theta, torch.inf)
    return Ends(first, theta.new_full((rows,), torch.inf).scatter_reduce(0, row, among, "amin"))


class Moment(NamedTuple):
    """Of which samples (events,), when, and in which states: t (events,), y (events, entries)."""

    sample: Tensor
    t: Tensor
    y: Tensor


def differentiable(conditions: Conditions, field: SampleField, stats: Stats, event: Tensor, at: Moment) -> Moment:
    """The moments of events as they are, with the gradients of the implicit function; see `solver.events`."""
    sample, t, y = at
    for n in range(len(conditions.events)) if torch.is_grad_enabled() else ():
        those = (event == n).nonzero().squeeze(1)
        if not len(those):
            continue
        value = conditions.value(n, t[those].detach(), y[those])
        if value.requires_grad:
            rates = partial(_slope_and_rate, conditions, n, field, stats, sample[those])
            moved = _MoveEvents.apply(rates, t[those], y[those], value)
            t, y = t.index_copy(0, those, moved[0]), y.index_copy(0, those, moved[1])
    return Moment(sample, t, y)


class _MoveEvents(torch.autograd.Function):
    """t and y as they are; with them moves y at fixed t, and g at fixed t and y through its parameters."""

    @staticmethod
    def forward(
        ctx: Any, rates: Callable[[Tensor, Tensor], _Rates], t: Tensor, y: Tensor, value: Tensor
    ) -> tuple[Tensor, ...]:
        ctx.rates = rates
        ctx.save_for_backward(t, y, value)
        return t.clone(), y.clone()

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor) -> tuple[Tensor | None, ...]:
        (t, y, value), (of_t, of_y) = ctx.saved_tensors, cotangents
        with torch.no_grad():
            slope, rate = ctx.rates(t.detach(), y.detach())
            moved = of_t.to(y.dtype) + (of_y * slope).sum(1)
            of_value = (-moved / rate).to(value.dtype)
        return None, None, *once((of_y, of_value), (y, value, of_t), OF_EVENTS)


class _Rates(NamedTuple):
    """f and dg/dt along the solution, at the events."""

    slope: Tensor
    rate: Tensor


def _slope_and_rate(
    conditions: Conditions, index: int, field: SampleField, stats: Stats, sample: Tensor, t: Tensor, y: Tensor
) -> _Rates:
    slope = field.evaluate(t, y, sample).detach()
    stats.nfe_backward += 1
    with torch.enable_grad():
        t, y = t.clone().requires_grad_(), y.clone().requires_grad_()
        value = conditions.value(index, t, y)
        grad_t, grad_y = torch.autograd.grad(value.sum(), (t, y), materialize_grads=True)
    return _Rates(slope, grad_t.to(slope.dtype) + (grad_y * slope).sum(1))
