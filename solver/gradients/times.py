"""Gradients with respect to the output times, the same for every way to differentiate.

A saved state moves with its time as the equation says, dy(t_i)/dt_i = f(t_i, y_i), and starting later is starting
elsewhere, dy(t)/dt0 = -∂y(t)/∂y0 f(t0, y0). Both cost evaluations only in a backward pass, only where ts requires grad.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from solver.field import FlatField
from solver.gradients.once import once
from solver.gradients.problem import Problem


def shift_start(problem: Problem, ts: Tensor) -> Tensor:
    """y0 as it is, with the gradient that it has through the first time."""
    shifted: Tensor = _ShiftStart.apply(problem, problem.y0, ts)
    return shifted


def shift_outputs(problem: Problem, ys: Tensor, ts: Tensor, reached: int) -> Tensor:
    """ys as they are, with the gradient that each has through its own time."""
    shifted: Tensor = _ShiftOutputs.apply(problem, ys, ts, reached)
    return shifted


class _ShiftStart(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, problem: Problem, y0: Tensor, ts: Tensor) -> Tensor:
        ctx.problem = problem
        ctx.save_for_backward(y0, ts)
        return y0.view_as(y0)

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor) -> tuple[Tensor | None, ...]:
        (y0, ts), cotangent = ctx.saved_tensors, cotangents[0]
        with torch.no_grad():
            grad_ts = torch.zeros_like(ts)
            grad_ts[0] = -_along_field(ctx.problem, ctx.problem.times[0], y0, cotangent)
        return None, cotangent, once(grad_ts, "any")


class _ShiftOutputs(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, problem: Problem, ys: Tensor, ts: Tensor, reached: int) -> Tensor:
        ctx.problem, ctx.reached = problem, reached
        ctx.save_for_backward(ys, ts)
        return ys.view_as(ys)

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor) -> tuple[Tensor | None, ...]:
        (ys, ts), cotangent = ctx.saved_tensors, cotangents[0]
        with torch.no_grad():
            grad_ts = torch.zeros_like(ts)
            for row, time in enumerate(ctx.problem.times[: ctx.reached + 1]):
                grad_ts[row] = _along_field(ctx.problem, time, ys[row], cotangent[row])
        return None, cotangent, once(grad_ts, "any"), None


def _along_field(problem: Problem, t: float, y: Tensor, cotangent: Tensor) -> Tensor:
    field: FlatField = problem.flat(problem.field)
    slope = field.evaluate(t, y.reshape(-1))
    problem.stats.nfe_backward += field.evaluations
    return torch.dot(slope, cotangent.reshape(-1))
