"""solve(per_sample=True): the arguments that it takes, checked, and its solution put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from solver.controllers import PIDController
from solver.events import looks_are_free
from solver.gradients.checkpointed import Checkpointed
from solver.gradients.direct import Direct
from solver.gradients.problem import Gradient
from solver.method import ImplicitRungeKutta, RungeKutta
from solver.norms import MAX, RMS, SAMPLE, Norm
from solver.per_sample.control import SampleControl, SampleTolerance
from solver.per_sample.dense import SampleDense
from solver.per_sample.events import Conditions, Moment, differentiable
from solver.per_sample.field import SampleField
from solver.per_sample.gradients import SampleProblem, solve_checkpointed, solve_direct
from solver.per_sample.integration import Wishes
from solver.per_sample.outcome import SampleOutcome, outcome_of
from solver.per_sample.pieces import solve_in_pieces
from solver.per_sample.record import Found
from solver.per_sample.times import moved_once, shift_outputs, shift_start
from solver.per_sample.under_way import SamplePlan
from solver.plan import Plan
from solver.sampling import chebyshev_nodes
from solver.solution import SampleEvents, Solution, Stats
from solver.wanted import Wanted

WAYS: dict[type, Callable[[SampleProblem], Found]] = {
    Checkpointed: solve_checkpointed,
    Direct: solve_direct,
}


def solve_samples(
    field: object,
    parameters: tuple[Tensor, ...],
    y0: Tensor,
    ts: Tensor,
    plan: SamplePlan,
    gradient: Gradient,
    wanted: Wanted,
) -> Solution:
    """Solve for every sample of y0 (batch, …) with steps of its own, through ts (times,) or (times, batch)."""
    way = WAYS.get(type(gradient))
    if way is None:
        raise ValueError(
            f'per_sample=True differentiates with "checkpointed" or "direct", not with {gradient.name!r}: '
            "the adjoint equations of samples at different times share no quadrature."
        )
    if not callable(field):
        raise ValueError("per_sample=True needs a field to call with many times at once, as field(t, y) -> dy.")
    if y0.dim() == 0:
        raise ValueError("per_sample=True needs y0 of shape (batch, …); got a tensor of no dimensions.")
    seen = SampleField(field, y0)
    conditions = Conditions(wanted.events, seen, looks_are_free(plan.method)) if wanted.events else None
    wishes = Wishes(conditions, chebyshev_nodes(len(plan.tableau.dense_rows))[1:] if wanted.dense else ())
    times = _sample_times(ts, y0, open_end=bool(wanted.events))
    problem = SampleProblem(seen, parameters, y0.reshape(len(y0), -1), times, plan, wishes, Stats())
    moving_times = ts.requires_grad and torch.is_grad_enabled()
    if moving_times:
        problem, way = replace(problem, y0=shift_start(problem, ts)), moved_once(way, ts)
    outcome = solve_in_pieces(problem, wanted.jumps, way) if wanted.jumps else outcome_of(problem, way(problem))
    samples, ys = outcome.samples, outcome.ys
    if moving_times:
        ys = shift_outputs(problem, ys, ts, samples.reached)
    if conditions is not None:
        samples = replace(samples, events=_events(conditions, problem, outcome, ts, y0.shape))
    dense = SampleDense.of(outcome, times, y0.shape) if wanted.dense else None
    reached = int(samples.reached.min())
    return Solution(ts, ys.view(-1, *y0.shape), reached, problem.stats, samples.status, (), dense, samples)


def _events(
    conditions: Conditions, problem: SampleProblem, outcome: SampleOutcome, ts: Tensor, shape: torch.Size
) -> SampleEvents:
    """The events that happened, sample by sample, each one's in its order."""
    sample, event, t, y = outcome.met
    direction = torch.where(problem.times[-1] >= problem.times[0], 1.0, -1.0)
    order = torch.argsort(t * direction[sample], stable=True)
    order = order[torch.argsort(sample[order], stable=True)]
    at = Moment(sample[order], t[order].to(ts.dtype), y[order])
    sample, t, y = differentiable(conditions, problem.field, problem.stats, event[order], at)
    return SampleEvents(sample, event[order], t, y.view(-1, *shape[1:]))


def sample_tolerance(rtol: float | Tensor, atol: float | Tensor, norm: Norm) -> SampleTolerance:
    """The tolerance of every sample by itself."""
    if isinstance(rtol, Tensor) or isinstance(atol, Tensor):
        raise ValueError("per_sample=True takes rtol and atol as numbers; got a tensor.")
    if norm not in (RMS, SAMPLE, MAX):
        raise ValueError('per_sample=True takes the norm of a sample\'s errors as "rms" or "max"; got another.')
    return SampleTolerance(rtol, atol, largest=norm is MAX)


def sample_plan(plan: Plan, tolerance: SampleTolerance) -> SamplePlan:
    """The plan for steps of each sample's own. Raises `ValueError` where there is none."""
    method, controller = plan.method, plan.controller
    if not (
        isinstance(method, RungeKutta | ImplicitRungeKutta)
        and method.adaptive
        and isinstance(controller, PIDController)
    ):
        raise ValueError(
            "per_sample=True needs an adaptive Runge-Kutta method and a PID controller (I, PI, PID); "
            f"got {method.name} with {controller.name}."
        )
    refuse_together(watch=plan.watch)
    control = SampleControl(controller, method.error_order, plan.min_step, plan.max_step)
    return SamplePlan(method, control, tolerance, plan.dt, plan.max_steps, plan.forced_times)


def refuse_together(**others: object) -> None:
    """Raise `ValueError` where an argument is given that steps of each sample's own do not go together with."""
    given = [name for name, value in others.items() if value is not None and value is not False and value != ()]
    if given:
        raise ValueError(f"per_sample=True does not go together with {', '.join(given)}; leave out one of them.")


def _sample_times(ts: Tensor, y0: Tensor, open_end: bool) -> Tensor:
    """Output times (times, batch) in float64. With an open end, the last of them may be infinite."""
    batch = len(y0)
    shapes = f"(times,) or (times, {batch})"
    if not isinstance(ts, Tensor) or ts.dim() not in (1, 2) or ts.numel() == 0 or ts.shape[1:] not in ((), (batch,)):
        came = f"a tensor of shape {tuple(ts.shape)}" if isinstance(ts, Tensor) else type(ts).__name__
        raise ValueError(f"ts must be a tensor of shape {shapes}; got {came}.")
    finite = ts[:-1] if open_end and len(ts) > 1 else ts
    if not ts.is_floating_point() or not torch.isfinite(finite).all() or ts[-1].isnan().any():
        raise ValueError(f"ts must be floating point and finite; got {ts.dtype}, or a time that is not finite.")
    times = ts.detach().to(y0.device, torch.float64)
    signs = times.diff(dim=0).sign()
    if bool(((signs.amax(0) > 0) & (signs.amin(0) < 0)).any() if len(times) > 1 else False):
        raise ValueError(
            "ts must run one way, rising or falling, for each sample; it turns around. Sort each sample's times."
        )
    return times.expand(batch, -1).t().contiguous() if times.dim() == 1 else times.contiguous()
