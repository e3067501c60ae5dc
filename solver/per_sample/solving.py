"""solve(per_sample=True): the arguments that it takes, checked, and its solution put together."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from solver.controllers import PIDController
from solver.gradients.checkpointed import Checkpointed
from solver.gradients.direct import Direct
from solver.gradients.problem import Gradient
from solver.method import RungeKutta
from solver.norms import MAX, RMS, SAMPLE, Norm
from solver.per_sample.control import SampleControl, SampleTolerance
from solver.per_sample.field import SampleField
from solver.per_sample.gradients import SampleProblem, solve_checkpointed, solve_direct
from solver.per_sample.integration import SamplePlan, SampleTrajectories
from solver.plan import Plan
from solver.solution import Solution, Stats

WAYS: dict[type, Callable[[SampleProblem], SampleTrajectories]] = {
    Checkpointed: solve_checkpointed,
    Direct: solve_direct,
}


def solve_samples(
    field: object, parameters: tuple[Tensor, ...], y0: Tensor, ts: Tensor, plan: SamplePlan, gradient: Gradient
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
    starts = y0.reshape(len(y0), -1)
    problem = SampleProblem(SampleField(field, y0), parameters, starts, _sample_times(ts, y0), plan, Stats())
    found = way(problem)
    ys, samples = found.ys.view(-1, *y0.shape), found.samples
    return Solution(ts, ys, int(samples.reached.min()), problem.stats, samples.status, samples=samples)


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
    if not (isinstance(method, RungeKutta) and method.adaptive and isinstance(controller, PIDController)):
        raise ValueError(
            "per_sample=True needs an explicit adaptive Runge-Kutta method and a PID controller (I, PI, PID); "
            f"got {method.name} with {controller.name}."
        )
    refuse_together(forced_times=plan.forced_times, watch=plan.watch)
    control = SampleControl(controller, method.error_order, plan.min_step, plan.max_step)
    return SamplePlan(method.tableau, control, tolerance, plan.dt, plan.max_steps)


def refuse_together(**others: object) -> None:
    """Raise `ValueError` where an argument is given that steps of each sample's own do not go together with."""
    given = [name for name, value in others.items() if value is not None and value is not False and value != ()]
    if given:
        raise ValueError(f"per_sample=True does not go together with {', '.join(given)}; leave out one of them.")


def _sample_times(ts: Tensor, y0: Tensor) -> Tensor:
    """Output times (times, batch) in float64."""
    batch = len(y0)
    shapes = f"(times,) or (times, {batch})"
    if not isinstance(ts, Tensor) or ts.dim() not in (1, 2) or ts.numel() == 0 or ts.shape[1:] not in ((), (batch,)):
        came = f"a tensor of shape {tuple(ts.shape)}" if isinstance(ts, Tensor) else type(ts).__name__
        raise ValueError(f"ts must be a tensor of shape {shapes}; got {came}.")
    if not ts.is_floating_point() or not torch.isfinite(ts).all():
        raise ValueError(f"ts must be floating point and finite; got {ts.dtype}, or a time that is not finite.")
    if ts.requires_grad and torch.is_grad_enabled():
        raise ValueError("per_sample=True gives no gradient in ts; pass ts.detach().")
    times = ts.detach().to(y0.device, torch.float64)
    signs = times.diff(dim=0).sign()
    if bool(((signs.amax(0) > 0) & (signs.amin(0) < 0)).any() if len(times) > 1 else False):
        raise ValueError("ts must run one way, rising or falling, for each sample; it turns around.")
    return times.expand(batch, -1).t().contiguous() if times.dim() == 1 else times.contiguous()
