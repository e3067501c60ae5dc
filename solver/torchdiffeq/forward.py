"""odeint: the forward solve, for any way to differentiate it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import copysign, inf
from typing import Any

import torch
from torch import Tensor

from solver.controllers import FIXED
from solver.events import Event
from solver.field import AutogradField, DifferentiableField, Field
from solver.gradients.direct import Direct
from solver.gradients.problem import Gradient
from solver.solution import Solution
from solver.solving import solve
from solver.torchdiffeq import methods
from solver.torchdiffeq.grid import Grid
from solver.torchdiffeq.norms import Allowed, forward_tolerance
from solver.torchdiffeq.options import Stepping, grid_of
from solver.torchdiffeq.request import EventFunction, Func, Request, request
from solver.torchdiffeq.scipy_solver import scipy_rows
from solver.torchdiffeq.states import State
from solver.torchdiffeq.trouble import SolveFailed, WrongArgument, raise_unless_ok
from solver.torchdiffeq.watching import PerturbedTimes, callbacks, together
from solver.watch import Watch

MOST_STEPS_TO_AN_EVENT = 20_000
"""Of fixed steps, as in torchdiffeq: there may be no event."""


def odeint(
    func: Func,
    y0: State,
    t: Tensor,
    *,
    rtol: Allowed = 1e-7,
    atol: Allowed = 1e-9,
    method: str | None = None,
    options: Mapping[str, Any] | None = None,
    event_fn: EventFunction | None = None,
) -> Any:
    """Solve dy/dt = func(t, y) from y(t[0]) = y0 through the times `t`, which strictly rise or fall.

    `y0` is a tensor, real or complex, or a tuple of them, and func takes and returns the like. Returns y at all times,
    (len(t), *shape) for each tensor; with `event_fn` the time and, stacked, y0 and the state where an entry of
    event_fn(t, y) becomes zero. Gradients go through the solver. Raises as the package's first page says.
    """
    asked = request(func, y0, t, rtol, atol, method, options, event_fn)
    return answer(asked, evaluated(asked), Direct())


@dataclass(frozen=True)
class Evaluated:
    """How the user's function is evaluated: on packed states, and at perturbed times if so asked."""

    function: Field
    perturbed: PerturbedTimes | None


def evaluated(asked: Request) -> Evaluated:
    """The user's function on packed states."""
    func, states, times = asked.func, asked.states, asked.t.tolist()
    like = states.packed(asked.y0).detach()
    dtype = like.dtype

    def function(t: Tensor, y: Tensor) -> Tensor:
        dy = states.packed(func(t, states.unpacked(y)))
        return dy if dy.dtype == dtype else dy.to(dtype)

    if not asked.options.get("perturb", False):
        return Evaluated(function, None)
    perturbed = PerturbedTimes(like)
    perturbed.begin(times[0], times[-1])
    return Evaluated(lambda t, y: function(perturbed.clamp(t), y), perturbed)


def answer(asked: Request, how: Evaluated, gradient: Gradient, field: DifferentiableField | None = None) -> Any:
    """What odeint returns. `field` is the function in the form that the gradient needs, where that is another."""
    if asked.method == methods.SCIPY:
        callbacks(asked.func, asked.method, asked.states.restore)
        return asked.states.unpacked(scipy_rows(asked, AutogradField(how.function, (), asked.states.packed(asked.y0))))
    solving = _Solving(asked, how, gradient, how.function if field is None else field)
    return solving.through_times() if asked.event_fn is None else solving.to_event(asked.event_fn)


class _Solving:
    """One call of odeint, ready to be solved."""

    def __init__(self, asked: Request, how: Evaluated, gradient: Gradient, field: Field | DifferentiableField) -> None:
        self._asked, self._how, self._gradient, self._field = asked, how, gradient, field
        self._states, self._steps = asked.states, asked.stepping
        self._y0 = asked.states.packed(asked.y0)

    def through_times(self) -> State:
        asked, steps = self._asked, self._steps
        if asked.method in methods.ADAPTIVE or len(asked.t) == 1:
            return self._states.unpacked(self._solve(asked.t, ()).ys)
        grid = Grid(grid_of(steps, asked.func, asked.y0, asked.t), asked.t)
        ys = self._solve(grid.times_needed, grid.points).ys
        return self._states.unpacked(grid.interpolated(ys, steps.interp, self._how.function))

    def to_event(self, event_fn: EventFunction) -> tuple[Tensor, State]:
        """The time of the first event and, stacked, y0 and the state there."""
        asked, states = self._asked, self._states
        start = asked.t[0]
        signs = torch.sign(event_fn(start.detach(), asked.y0)).detach()
        if bool((signs == 0).any()):
            return start, states.unpacked(torch.stack((self._y0, self._y0)))

        def condition(t: Tensor, y: Tensor) -> Tensor:
            return torch.min(event_fn(t, states.unpacked(y)) * signs)

        end = torch.full_like(start, copysign(inf, (asked.t[1] - start).item()))
        found = self._solve(torch.stack((start, end)), (), Event(condition))
        event = found.events[-1]
        return event.t, states.unpacked(torch.stack((self._y0, event.y)))

    def _solve(self, ts: Tensor, grid: Sequence[float], event: Event | None = None) -> Solution:
        steps, asked = self._steps, self._asked
        limit, controller = steps.max_steps, steps.controller
        if event is not None and asked.method not in methods.ADAPTIVE:
            if steps.step_size is None:
                raise WrongArgument(
                    "Event handling for fixed step solvers currently requires `step_size` to be provided in options."
                )
            limit, controller = MOST_STEPS_TO_AN_EVENT, FIXED  # no event is found beyond what is not finite
        found = solve(
            self._field,
            self._y0,
            ts,
            method=steps.method,
            measure=forward_tolerance(self._states, asked.rtol, asked.atol, asked.options.get("norm")),
            dt=first_size(steps, grid, ts),
            min_step=steps.min_step,
            max_step=steps.max_step,
            forced_times=grid or steps.forced_times,
            jump_times=steps.jump_times,
            controller=controller,
            gradient=self._gradient,
            max_steps=limit,
            watch=self._watch(),
            events=() if event is None else event,
        )
        if event is not None and not found.events and found.status.ok:
            raise SolveFailed("The solve ended without an event.", found)
        raise_unless_ok(found, limit)
        return found

    def _watch(self) -> Watch | None:
        asked = self._asked
        return together(self._how.perturbed, callbacks(asked.func, asked.method, self._states.restore))


def first_size(steps: Stepping, grid: Sequence[float], ts: Tensor) -> float | None:
    """The first step of adaptive methods; the steps of fixed ones, or None where they go along a grid."""
    if steps.controller.adaptive:
        return steps.first_step
    if grid:
        return None
    return steps.step_size or 1.0  # nothing to step through: any size will do
