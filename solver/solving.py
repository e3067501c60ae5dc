"""solve(): integrate a vector field from y0 through ts, with statistics, a status and a gradient."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from itertools import pairwise
from math import copysign, isfinite
from typing import NamedTuple, Protocol, TypeVar

import torch
from torch import Tensor

from solver.controllers import CONTROLLERS, FIXED, PI, Controller
from solver.events import Condition, Event, EventWatch, as_events, event_records
from solver.field import (
    AutogradField,
    DifferentiableField,
    Field,
    RowwiseAutogradField,
    RowwiseField,
    differentiates_itself,
    takes_many_rows,
)
from solver.gradients import GRADIENTS
from solver.gradients.problem import Gradient, Problem
from solver.gradients.times import shift_outputs, shift_start
from solver.integrate import Plan
from solver.method import Method
from solver.methods import METHODS
from solver.solution import Solution, Stats
from solver.tolerance import Tolerance


class Named(Protocol):
    @property
    def name(self) -> str: ...


class Forms(NamedTuple):
    """The field in its fastest form, as plain torch operations, and in a form for many rows, where there is one."""

    field: DifferentiableField
    tape: DifferentiableField
    rows: RowwiseField | None


Choice = TypeVar("Choice", bound=Named)


def solve(
    field: Field | DifferentiableField,
    y0: Tensor,
    ts: Tensor,
    *,
    method: str | Method = "dopri5",
    rtol: float = 1e-6,
    atol: float = 1e-8,
    dt: float | None = None,
    controller: str | Controller | None = None,
    gradient: str | Gradient = "checkpointed",
    max_steps: int = 10_000,
    parameters: Iterable[Tensor] | None = None,
    rowwise: bool = False,
    events: Event | Condition | Sequence[Event | Condition] = (),
) -> Solution:
    """Solve dy/dt = field(t, y) from y(ts[0]) = y0, saving y at every time of `ts`.

    `y0` is a float32 or float64 tensor of any shape, usually (batch, dim), on any device; all of it shares one step
    size. `ts` (times,) rises or falls; equal times are allowed. Times between steps come from dense output.

    `field` is any callable or `nn.Module` that takes t, a tensor of no dimensions, and y, and returns dy; or a
    `DifferentiableField`. Gradients flow to y0, to ts where it requires grad, and to the field's parameters: those of
    `field.parameters()`, or else the tensors passed as `parameters`. With `gradient="direct"` they also flow to
    whatever else the field closes over; the other modes refuse a field that closes over something unannounced.

    Adaptive methods keep the error of a step below atol + rtol |y| (RMS over all entries); `dt` is then the first
    step, chosen when None. Fixed-step methods need `dt`, and divide the interval into equal steps no larger.
    `controller` is "fixed", "I", "PI" or "PID", by default PI for adaptive methods. Methods, controllers and gradient
    modes may be given as objects too.

    `rowwise=True` promises that the field treats every row (last axis) of y by itself and also takes t of shape
    (rows, 1): the checkpointed gradient of small batches of few entries then pulls all steps back at once, in a
    fraction of the time. It is implied by a field that is a `RowwiseField`.

    `events` are one or several `Event`s, or bare conditions g(t, y), which end the solve where they become zero (see
    `solver.events`). Those that happened are `Solution.events`; rows of `ys` after a terminal one are NaN.

    Numerical trouble is no exception: `Solution.status` says how the solve ended, and rows of `ys` after
    `Solution.reached` are NaN. Raises `ValueError` for arguments that cannot work.
    """
    times = _checked_times(ts)
    _check_start(y0)
    chosen = named(method, METHODS, "method")
    plan = Plan(chosen, _controller(controller, chosen), Tolerance(rtol, atol), dt, max_steps)
    problem = Problem(*_forms(field, y0, parameters, rowwise), y0, times, plan, Stats())
    moving_times = ts.requires_grad and torch.is_grad_enabled()
    if moving_times:
        problem = replace(problem, y0=shift_start(problem, ts))
    looked_for = as_events(events)
    if looked_for:
        problem = problem.watched(EventWatch(looked_for, problem))
    outcome = named(gradient, GRADIENTS, "gradient").solve(problem)
    ys, reached = outcome.asked
    if moving_times:
        ys = shift_outputs(problem, ys, ts, reached)
    happened = event_records(looked_for, problem, outcome, ts)
    return Solution(ts, ys, reached, problem.stats, outcome.status, happened)


def named(choice: str | Choice, known: Sequence[Choice], what: str) -> Choice:
    """The object called `choice`, or `choice` itself when it is no name. Raises `ValueError` with the closest name."""
    if not isinstance(choice, str):
        return choice
    names = [each.name for each in known]
    if choice in names:
        return known[names.index(choice)]
    close = get_close_matches(choice.lower(), names, n=1) or get_close_matches(choice.upper(), names, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise ValueError(f"There is no {what} called {choice!r}; there are {', '.join(names)}.{hint}")


def _controller(controller: str | Controller | None, method: Method) -> Controller:
    if controller is None or controller == "auto":
        return PI if method.adaptive else FIXED
    return named(controller, CONTROLLERS, "controller")


def _checked_times(ts: Tensor) -> list[float]:
    if not isinstance(ts, Tensor) or ts.dim() != 1 or ts.numel() == 0:
        came = f"a tensor of shape {tuple(ts.shape)}" if isinstance(ts, Tensor) else f"{type(ts).__name__}"
        raise ValueError(f"ts must be a tensor of shape (times,) with at least one time; got {came}.")
    if not ts.is_floating_point():
        raise ValueError(f"ts must be floating point; got {ts.dtype}. Use ts.to(torch.float64).")
    times: list[float] = ts.tolist()
    if not all(map(isfinite, times)):
        raise ValueError("ts must be finite; it holds an infinite time or one that is not a number.")
    signs = {copysign(1.0, after - before) for before, after in pairwise(times) if after != before}
    if len(signs) > 1:
        raise ValueError("ts must run one way, rising or falling; it turns around. Sort it, or solve in parts.")
    return times


def _check_start(y0: Tensor) -> None:
    if not isinstance(y0, Tensor) or y0.dtype not in (torch.float32, torch.float64):
        came = y0.dtype if isinstance(y0, Tensor) else type(y0).__name__
        raise ValueError(f"y0 must be a float32 or float64 tensor; got {came}.")
    if y0.numel() == 0:
        raise ValueError(f"y0 must have at least one entry; got shape {tuple(y0.shape)}.")


def _forms(field: Field | DifferentiableField, y0: Tensor, parameters: Iterable[Tensor] | None, rowwise: bool) -> Forms:
    if not callable(field) and not differentiates_itself(field):
        raise ValueError(f"field must be callable as field(t, y) -> dy; got {type(field).__name__}.")
    if parameters is None:
        parameters = field.parameters() if differentiates_itself(field) or isinstance(field, torch.nn.Module) else ()
    known = tuple(parameters)
    make = RowwiseAutogradField if rowwise else AutogradField
    tape = make(field, [x for x in known if x.requires_grad], y0) if callable(field) else field
    fastest = field if differentiates_itself(field) else tape
    return Forms(fastest, tape, fastest if takes_many_rows(fastest) else None)
