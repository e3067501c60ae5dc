"""A problem solved by the kernel, with its gradient: what `solve` tries before it goes the usual way."""

from __future__ import annotations

from math import nan
from typing import Any

import torch
from torch import Tensor

from solver.gradients.checkpointed import Checkpointed
from solver.gradients.once import once, through
from solver.gradients.problem import Gradient, Outcome, Problem
from solver.method import RungeKutta
from solver.native.description import NativeField
from solver.native.fitting import Fitting, fitting_field
from solver.native.library import KERNELS
from solver.native.recognising.agreement import agrees
from solver.native.rules import norm_code, rules_of, tableau_of
from solver.native.run import Run


def solve_natively(problem: Problem, way: Gradient) -> Outcome | None:
    """The outcome, or None where the kernel cannot make this solve, is not there (yet) or is switched off."""
    if not KERNELS.allowed or problem.steps_nowhere or problem.y0.dtype in KERNELS.troubles:
        return None
    fitting = fitting_field(problem, way)
    kernel = None if fitting is None else KERNELS.get(problem.y0.dtype)
    if fitting is None or kernel is None:
        return None
    original = fitting.original
    if original is not None and not agrees(original, fitting.field, kernel, problem.times[0], problem.y0):
        return None
    found: list[Run] = []
    if problem.needs_gradient:
        ys = _Solve.apply(problem, fitting, found, problem.y0, *fitting.weights)
    else:
        ys = _solved(problem, fitting.field, found, keep=False)
    return Outcome(ys, found[0].reached, found[0].status, problem.times)


def _solved(problem: Problem, field: NativeField, found: list[Run], keep: bool) -> Tensor:
    """The saved states (times, *y0.shape), without a graph; costs go into the statistics, the run into `found`."""
    plan, kernel, y0 = problem.plan, KERNELS.loaded[problem.y0.dtype], problem.y0.detach()
    if not isinstance(plan.method, RungeKutta):
        raise ValueError(f"The kernel makes steps of explicit Runge-Kutta methods; got {plan.method.name}.")
    ys = y0.new_empty(len(problem.times), *y0.shape)
    rules = rules_of(plan, norm_code(plan.tolerance, y0) or 0)
    run = Run(kernel, field, tableau_of(plan.method), rules, y0, problem.times, ys, keep)
    if run.reached + 1 < len(ys):
        ys[run.reached + 1 :] = nan
    stats, steps = problem.stats, run.steps()
    accepted = sum(step.accepted for step in steps)
    stats.native = True
    stats.nfe_forward += run.evaluations
    stats.steps += steps
    stats.accepted += accepted
    stats.rejected += len(steps) - accepted
    found.append(run)
    return ys


class _Solve(torch.autograd.Function):
    """ys = solve(y0, weights); `found` receives the run."""

    @staticmethod
    def forward(ctx: Any, problem: Problem, fitting: Fitting, found: list[Run], y0: Tensor, *weights: Tensor) -> Tensor:
        ys = _solved(problem, fitting.field, found, keep=True)
        ctx.save_for_backward(*weights)  # so that a change to them before backward is noticed
        ctx.problem, ctx.fitting, ctx.run = problem, fitting, found[0]
        return ys

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor) -> tuple[Tensor | None, ...]:
        problem, fitting, weights = ctx.problem, ctx.fitting, ctx.saved_tensors
        learnt = any(ctx.needs_input_grad[4:])
        with torch.no_grad():
            in_y0 = torch.empty_like(problem.y0, memory_format=torch.contiguous_format)
            in_theta = torch.empty_like(fitting.field.theta) if learnt else None
            problem.stats.nfe_backward += ctx.run.pull_back(cotangents[0].contiguous(), in_y0, in_theta)
            in_weights = (None,) * len(weights) if in_theta is None else fitting.cotangents(in_theta)
        sources = (problem.y0, *weights, *cotangents)
        return None, None, None, *once((in_y0, *in_weights), sources, through(Checkpointed.name))
