"""Gradients with respect to output times, shared or each sample's own: `solver.gradients.times` for many samples."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from solver.gradients.once import once
from solver.per_sample.gradients import SampleProblem


def shift_start(problem: SampleProblem, ts: Tensor) -> Tensor:
    """y0 as it is, with the gradient that it has through the first time."""
    shifted: Tensor = _ShiftStart.apply(problem, problem.y0, ts)
    return shifted


def shift_outputs(problem: SampleProblem, ys: Tensor, ts: Tensor, reached: Tensor) -> Tensor:
    """ys (rows, samples, entries) as they are, with the gradient that each has through its own time."""
    shifted: Tensor = _ShiftOutputs.apply(problem, ys, ts, reached)
    return shifted


class _ShiftStart(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, problem: SampleProblem, y0: Tensor, ts: Tensor) -> Tensor:
        ctx.problem = problem
        ctx.save_for_backward(y0, ts)
        return y0.view_as(y0)

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor) -> tuple[Tensor | None, ...]:
        (y0, ts), cotangent = ctx.saved_tensors, cotangents[0]
        with torch.no_grad():
            grads = torch.zeros_like(ctx.problem.times)
            everyone = torch.arange(len(y0), device=y0.device)
            grads[0] = -_along_field(ctx.problem, ctx.problem.times[0], y0, everyone, cotangent)
        return None, cotangent, once(_of_times(grads, ts), "any")


class _ShiftOutputs(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, problem: SampleProblem, ys: Tensor, ts: Tensor, reached: Tensor) -> Tensor:
        ctx.problem, ctx.reached = problem, reached
        ctx.save_for_backward(ys, ts)
        return ys.view_as(ys)

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor) -> tuple[Tensor | None, ...]:
        (ys, ts), cotangent, times = ctx.saved_tensors, cotangents[0], ctx.problem.times
        with torch.no_grad():
            rows = torch.arange(len(times), device=times.device).unsqueeze(1)
            cells = (rows <= ctx.reached).nonzero(as_tuple=True)
            grads = torch.zeros_like(times)
            grads[cells] = _along_field(ctx.problem, times[cells], ys[cells], cells[1], cotangent[cells])
        return None, cotangent, once(_of_times(grads, ts), "any"), None


def _along_field(problem: SampleProblem, t: Tensor, y: Tensor, samples: Tensor, cotangent: Tensor) -> Tensor:
    slope = problem.field.evaluate(t, y, samples)
    problem.stats.nfe_backward += 1
    return (slope * cotangent).sum(1).to(torch.float64)


def _of_times(grads: Tensor, ts: Tensor) -> Tensor:
    """Gradients (rows, samples) as those of ts, which all samples share where it has one dimension."""
    return (grads.sum(1) if ts.dim() == 1 else grads).to(ts)
