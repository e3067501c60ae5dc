"""Events: where g(t, y) = 0 on the way, found on the dense output, and how their times and states are differentiated.

Where y(t) moves by δy at fixed t, the root of g moves by dt* = -(∂g/∂y · δy) / (dg/dt), dg/dt = ∂g/∂t + ∂g/∂y · f, and
the state there by δy + f dt*: the implicit function theorem. The δy at fixed t is any gradient mode's affair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from solver.field import FlatField, changes_of, check_unchanged
from solver.gradients.once import OF_EVENTS, once
from solver.gradients.problem import Outcome, Problem
from solver.method import Method, OneStep
from solver.root import bracketed_root
from solver.solution import EventRecord
from solver.watch import AcceptedStep, Mark
from solver.watches import Relay

Condition = Callable[[Tensor, Tensor], Tensor]
"""g(t, y) -> a tensor of one entry, with t a tensor of no dimensions and y in the shape of y0."""

DIRECTIONS = ("both", "rising", "falling")
LOOKS = 4
"""In how many parts of each step a sign change is looked for, where looking inside costs no evaluation of the field."""


@dataclass(frozen=True)
class Event:
    """Where `condition` g(t, y) becomes zero: rising from below, falling from above, or both, as the solve runs.

    A terminal event ends the solve. One that is zero at the start is not found there. `looks` is in how many parts of
    each step a sign change is looked for, so that two of them in one step are not missed; by default 4, or 1 where
    looking inside a step costs evaluations of the field (dop853: 3 more a step).
    """

    condition: Condition
    terminal: bool = True
    direction: str = "both"
    looks: int | None = None

    def __post_init__(self) -> None:
        if not callable(self.condition):
            raise ValueError(f"An event needs a condition(t, y) to call; got {type(self.condition).__name__}.")
        if self.direction not in DIRECTIONS:
            raise ValueError(f"An event's direction is one of {', '.join(DIRECTIONS)}; got {self.direction!r}.")
        if self.looks is not None and self.looks < 1:
            raise ValueError(f"An event is looked for in at least 1 part of each step; got looks={self.looks}.")

    def crossed(self, before: float, after: float) -> bool:
        """Whether g, going from one value to the other, becomes zero in the direction that counts."""
        rising, falling = before < 0.0 <= after, before > 0.0 >= after
        return rising and self.direction != "falling" or falling and self.direction != "rising"


@dataclass(frozen=True)
class FoundEvent:
    """Whose a mark is: the event's place among all events."""

    index: int


def as_events(events: Event | Condition | Iterable[Event | Condition]) -> tuple[Event, ...]:
    """Events as a tuple; a bare condition is a terminal event in both directions."""
    if isinstance(events, Event) or callable(events):
        events = (events,)
    if not isinstance(events, Iterable):
        raise ValueError(f"events must be an Event or a condition(t, y), or several; got {events!r}.")
    return tuple(event if isinstance(event, Event) else Event(event) for event in events)


class EventWatch(Relay):
    """Looks for the events' sign changes in every accepted step, and marks where they are."""

    def __init__(self, events: Sequence[Event], problem: Problem) -> None:
        super().__init__(problem.plan.watch)
        self._events = events
        self._shape, self._like = problem.y0.shape, problem.y0.detach().clone()  # should a condition write to it
        looks = LOOKS if looks_are_free(problem.plan.method) else 1
        self._thetas = [[(n + 1) / parts for n in range(parts)] for parts in (event.looks or looks for event in events)]
        start = problem.times[0]
        self._values = [self._value(event, start, self._like) for event in events]

    def marks(self, step: AcceptedStep, end: float) -> list[Mark]:
        return [mark for index in range(len(self._events)) for mark in self._marks(index, step)]

    def _marks(self, index: int, step: AcceptedStep) -> list[Mark]:
        """The marks of one event in the step, in any order."""
        event, thetas = self._events[index], self._thetas[index]

        def value(theta: float) -> float:
            y = step.y1 if theta == 1.0 else step.outputs((theta,))[0]
            return self._value(event, step.t + theta * step.dt, y)

        looks = [(0.0, self._values[index]), *((theta, value(theta)) for theta in thetas)]
        self._values[index] = looks[-1][1]
        return [
            Mark(bracketed_root(value, *before, *after), FoundEvent(index), event.terminal)
            for before, after in pairwise(looks)
            if event.crossed(before[1], after[1])
        ]

    def _value(self, event: Event, t: float, y: Tensor) -> float:
        with torch.no_grad():
            return _evaluate(event, self._like.new_tensor(t), y.detach().view(self._shape)).item()


def looks_are_free(method: Method) -> bool:
    """Whether dense output costs no evaluation of the field, or only the step's end, which is handed on."""
    if not isinstance(method, OneStep):
        return True
    tableau = method.tableau
    return not tableau.extra_c or (len(tableau.extra_c) == 1 and tableau.handed_on == tableau.stages)


def event_records(events: Sequence[Event], problem: Problem, outcome: Outcome, ts: Tensor) -> tuple[EventRecord, ...]:
    """The events that the outcome's marked rows tell of, in the order in which they happened."""
    marks = [(mark.row, mark.owner.index) for mark in outcome.marked if isinstance(mark.owner, FoundEvent)]
    return tuple(_record(index, events[index], problem, outcome, row, ts.detach()) for row, index in marks)


def _record(index: int, event: Event, problem: Problem, outcome: Outcome, row: int, ts: Tensor) -> EventRecord:
    time, y = outcome.times[row], outcome.ys[row]
    t = ts.new_tensor(time)
    if torch.is_grad_enabled():
        value = _evaluate(event, y.detach().new_tensor(time), y)
        if value.requires_grad:
            t, y = _MoveEvent.apply(problem, event, time, t, y, value)
    return EventRecord(index, t, y)


class _MoveEvent(torch.autograd.Function):
    """t and y at the event as they are; with them moves y at fixed t, and g at fixed t and y through its parameters."""

    @staticmethod
    def forward(
        ctx: Any, problem: Problem, event: Event, time: float, t: Tensor, y: Tensor, value: Tensor
    ) -> tuple[Tensor, Tensor]:
        ctx.problem, ctx.event, ctx.time = problem, event, time
        ctx.save_for_backward(y, value)
        return t.clone(), y.clone()

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor) -> tuple[Tensor | None, ...]:
        (y, value), (of_t, of_y) = ctx.saved_tensors, cotangents
        with torch.no_grad():
            slope, rate = _slope_and_rate(ctx.problem, ctx.event, ctx.time, y.detach())
            moved = of_t.to(y.dtype) + torch.sum(of_y * slope)
            of_value = (-moved / rate).expand_as(value)
        return None, None, None, None, *once((of_y, of_value), (y, value, of_t), OF_EVENTS)


def _slope_and_rate(problem: Problem, event: Event, time: float, y: Tensor) -> tuple[Tensor, Tensor]:
    """f and dg/dt along the solution, at the event."""
    field: FlatField = problem.flat(problem.field)
    slope = field.evaluate(time, y.reshape(-1)).detach().view_as(y)
    problem.stats.nfe_backward += field.evaluations
    with torch.enable_grad():
        t, at = y.new_tensor(time).requires_grad_(), y.requires_grad_()
        value = _evaluate(event, t, at)
        grad_t, grad_y = torch.autograd.grad(value.sum(), (t, at), materialize_grads=True)
    return slope, grad_t + torch.sum(grad_y * slope)


def _evaluate(event: Event, t: Tensor, y: Tensor) -> Tensor:
    before = changes_of(y)
    value = event.condition(t, y)
    check_unchanged(y, before, "An event's condition")
    if not isinstance(value, Tensor) or value.numel() != 1:
        came = f"shape {tuple(value.shape)}" if isinstance(value, Tensor) else type(value).__name__
        raise ValueError(f"An event's condition(t, y) must return a tensor of one entry; it returned {came}.")
    return value
