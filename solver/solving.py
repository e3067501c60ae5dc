"""solve(): integrate a vector field from y0 through ts, with statistics, a status and a gradient."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import inf
from typing import NamedTuple

import torch
from torch import Tensor

from solver.arguments import (
    check_callable,
    check_kind,
    check_start,
    check_switches,
    checked_times,
    chosen_tolerance,
    known_parameters,
    moments,
)
from solver.choices import chosen_controller, chosen_gradient, chosen_method, chosen_norm
from solver.controllers import Controller
from solver.dense import DenseOutput, DenseWatch
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
from solver.gradients.problem import Gradient, Problem
from solver.gradients.times import once_in_times, shift_outputs, shift_start
from solver.method import Method
from solver.native.solving import solve_natively
from solver.norms import Norm
from solver.one_sided import one_sided
from solver.per_sample.solving import refuse_together, sample_plan, sample_tolerance, solve_samples
from solver.pieces import Adapt, Piece, cut, solve_in_pieces
from solver.plan import Plan
from solver.solution import Solution, Stats
from solver.tolerance import Measure
from solver.wanted import Wanted
from solver.watch import Watch


class Forms(NamedTuple):
    """The field in its fastest form, as plain torch operations, and in a form for many rows, where there is one."""

    field: DifferentiableField
    tape: DifferentiableField
    rows: RowwiseField | None


def solve(
    field: Field | DifferentiableField,
    y0: Tensor,
    ts: Tensor,
    *,
    method: str | Method = "dopri5",
    rtol: float | Tensor = 1e-6,
    atol: float | Tensor = 1e-8,
    norm: str | Norm = "rms",
    measure: Measure | None = None,
    dt: float | None = None,
    min_step: float = 0.0,
    max_step: float = inf,
    forced_times: Iterable[float] | Tensor = (),
    jump_times: Iterable[float] | Tensor = (),
    controller: str | Controller | None = None,
    gradient: str | Gradient = "checkpointed",
    max_steps: int = 10_000,
    watch: Watch | None = None,
    parameters: Iterable[Tensor] | None = None,
    rowwise: bool = False,
    events: Event | Condition | Sequence[Event | Condition] = (),
    dense: bool = False,
    per_sample: bool = False,
) -> Solution:
    """Solve dy/dt = field(t, y) from y(ts[0]) = y0, saving y at every time of `ts`.

    `y0` is a float32 or float64 tensor of any shape, usually (batch, dim), on any device; all of it shares one step
    size. `ts` (times,) rises or falls; equal times are allowed. Times between steps come from dense output.

    `field` is any callable or `nn.Module` that takes t, a tensor of no dimensions, and y, and returns dy; or a
    `DifferentiableField`. Gradients flow to y0, to ts where it requires grad, and to the field's parameters: those of
    `field.parameters()`, or else the tensors passed as `parameters`. With `gradient="direct"` they also flow to
    whatever else the field closes over; the other modes refuse a field that closes over something unannounced.

    Adaptive methods keep the error of a step below atol + rtol |y|, by the `norm` "rms", "max" or "sample", or a
    function of the relative errors; rtol and atol may be tensors that broadcast to y0. A `measure` of errors takes the
    place of all three. `dt` is then the first step,
    chosen when None, and steps stay within `min_step`, which is accepted whatever its error, and `max_step`.
    Fixed-step methods need `dt`, and divide the interval into equal steps no larger. `controller` is "fixed", "I",
    "PI" or "PID", by default PI for adaptive methods. Methods, controllers and gradient modes may be given as objects.

    Steps end at the `forced_times`, where the field may have a kink; fixed steps without `dt` go from one to the next.
    At the `jump_times`, where it may jump, the solve starts anew, and the field is evaluated only beside them.
    `watch` is told of every step.

    `rowwise=True` promises that the field treats every row (last axis) of y by itself and also takes t of shape
    (rows, 1): the checkpointed gradient of small batches of few entries then pulls all steps back at once, in a
    fraction of the time. It is implied by a field that is a `RowwiseField`.

    `events` are one or several `Event`s, or bare conditions g(t, y), which end the solve where they become zero (see
    `solver.events`). Those that happened are `Solution.events`; rows of `ys` after a terminal one are NaN. With events,
    the last of `ts` may be infinite: the solve then goes on until a terminal one.

    `dense=True` keeps what it takes to call the solution at any time on the way: `solution(t)`.

    `per_sample=True` gives every sample (first axis of y0) its own time, steps and statistics (`Solution.samples`), so
    that a stiff one slows no other. The field then gets some of the samples, each at its own time: t has the shape
    (samples, 1, …) that broadcasts against y (samples, …); so do the conditions of events, which return a value for
    each sample and end that one alone. What happened is in `Solution.samples.events`. `ts` may be (times, batch). For
    adaptive Runge-Kutta methods, explicit and implicit, with a PID controller, and the gradients "checkpointed" and
    "direct". A field that is another one for each sample is a `FieldOfSamples`.

    Numerical trouble is no exception: `Solution.status` says how the solve ended, and rows of `ys` after
    `Solution.reached` are NaN. Raises `ValueError` for arguments that cannot work.
    """
    wanted = Wanted(as_events(events), moments("jump_times", jump_times), dense)
    check_start(y0)
    check_switches(rowwise=rowwise, dense=dense, per_sample=per_sample)
    check_kind("measure", measure, Measure, "ratio, norms and of_adjoint, as solver.tolerance.Measure")
    check_kind("watch", watch, Watch, "attempting, rejected and accepted, as solver.watch.Watch")
    chosen, stops = chosen_method(method), moments("forced_times", forced_times)
    tolerance = chosen_tolerance(rtol, atol, chosen_norm(norm), y0) if measure is None else measure
    steps = chosen_controller(controller, chosen)
    plan = Plan(chosen, steps, tolerance, dt, max_steps, stops, min_step, max_step, watch)
    forms, way = _forms(field, y0, parameters, rowwise), chosen_gradient(gradient)
    if per_sample:
        refuse_together(measure=measure)
        independent = sample_plan(plan, sample_tolerance(rtol, atol, chosen_norm(norm)))
        return solve_samples(field, tuple(forms.tape.parameters()), y0, ts, independent, way, wanted)
    problem = Problem(*forms, y0, checked_times(ts, open_end=bool(wanted.events)), plan, Stats())
    return _solve_together(problem, ts, way, wanted, lambda piece, part: _adapted(part, piece, field, rowwise))


def _solve_together(problem: Problem, ts: Tensor, way: Gradient, wanted: Wanted, adapt: Adapt) -> Solution:
    """The solution with one step size for all, and all that was asked for besides. `adapt` is for its pieces."""
    moving_times = ts.requires_grad and torch.is_grad_enabled()
    if moving_times:
        problem = replace(problem, y0=shift_start(problem, ts))
    problem, method = _watched(problem, wanted), problem.plan.method
    pieces = cut(problem, wanted.jumps)
    if pieces:
        outcome = solve_in_pieces(pieces, problem, adapt, way)
    else:
        outcome = solve_natively(problem, way) or way.solve(problem)
    if moving_times:
        outcome = outcome._replace(ys=once_in_times(outcome.ys, ts))
    ys, reached = outcome.asked
    if moving_times:
        ys = shift_outputs(problem, ys, ts, reached)
    happened = event_records(wanted.events, problem, outcome, ts)
    kept = DenseOutput.of(outcome, method) if wanted.dense else None
    return Solution(ts, ys, reached, problem.stats, outcome.status, happened, kept)


def _watched(problem: Problem, wanted: Wanted) -> Problem:
    """The problem, whose steps are also looked through for events, and sampled for dense output."""
    if wanted.events:
        problem = problem.watched(EventWatch(wanted.events, problem))
    if wanted.dense:
        problem = problem.watched(DenseWatch(problem.plan.method, problem.plan.watch))
    return problem


def _adapted(part: Problem, piece: Piece, field: Field | DifferentiableField, rowwise: bool) -> Problem:
    """The part of a problem that is a piece, its field seen from inside the piece."""
    if not any(piece.jumps):
        return part
    beside = one_sided(field, piece.window(part.y0))
    return replace(part, **_forms(beside, part.y0, part.parameters, rowwise)._asdict())


def _forms(field: Field | DifferentiableField, y0: Tensor, parameters: Iterable[Tensor] | None, rowwise: bool) -> Forms:
    if not differentiates_itself(field):
        check_callable(field)
    if parameters is None:
        parameters = field.parameters() if differentiates_itself(field) or isinstance(field, torch.nn.Module) else ()
    known = known_parameters(parameters)
    make = RowwiseAutogradField if rowwise else AutogradField
    tape = make(field, [x for x in known if x.requires_grad], y0) if callable(field) else field
    fastest = field if differentiates_itself(field) else tape
    return Forms(fastest, tape, fastest if takes_many_rows(fastest) else None)
