"""Gradients with respect to the output times, the same for every way to differentiate.

A saved state moves with its time as the equation says, dy(t_i)/dt_i = f(t_i, y_i), and starting later is starting
elsewhere, dy(t)/dt0 = -∂y(t)/∂y0 f(t0, y0). Both cost evaluations only in a backward pass, only where ts requires grad.
There are no derivatives of these, nor of other gradients, with respect to ts: they are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from solver.gradients.once import IN_TIMES, never_by, once
from solver.gradients.problem import Problem

OntoTimes = Callable[[Tensor, Tensor], Tensor]
"""States and their cotangents, both in one shape -> the cotangent of ts, in its shape."""


def shift_start(problem: Problem, ts: Tensor) -> Tensor:
    """y0 as it is, with the gradient that it has through the first time."""

    def onto_times(y0: Tensor, cotangent: Tensor) -> Tensor:
        found = cotangent.new_zeros(len(problem.times))
        found[0] = -_along_field(problem, problem.times[0], y0, cotangent)
        return found

    return shifted(problem.y0, ts, onto_times, problem.parameters)


def shift_outputs(problem: Problem, ys: Tensor, ts: Tensor, reached: int) -> Tensor:
    """ys as they are, with the gradient that each has through its own time."""

    def onto_times(states: Tensor, cotangent: Tensor) -> Tensor:
        found = cotangent.new_zeros(len(problem.times))
        for row, time in enumerate(problem.times[: reached + 1]):
            found[row] = _along_field(problem, time, states[row], cotangent[row])
        return found

    return shifted(ys, ts, onto_times, problem.parameters)


def shifted(states: Tensor, ts: Tensor, onto_times: OntoTimes, parameters: Sequence[Tensor]) -> Tensor:
    """The states as they are, with the gradient that they have through ts besides. `parameters` are the field's."""
    found: Tensor = _Shifted.apply(states, ts, onto_times, *parameters)
    return found


def once_in_times(states: Tensor, ts: Tensor) -> Tensor:
    """The states as they are; gradients through them refuse to be differentiated with respect to ts."""
    found: Tensor = _OnceInTimes.apply(states, ts)
    return found


class _Shifted(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, states: Tensor, ts: Tensor, onto_times: OntoTimes, *parameters: Tensor) -> Tensor:
        ctx.onto_times = onto_times
        ctx.save_for_backward(states, ts, *parameters)
        return states.view_as(states)

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor) -> tuple[Tensor | None, ...]:
        (states, ts, *parameters), cotangent = ctx.saved_tensors, cotangents[0]
        with torch.no_grad():
            of_times = ctx.onto_times(states, cotangent).to(ts)
        tied = once((of_times,), (cotangent, states, ts, *parameters), IN_TIMES)
        return cotangent, *tied, None, *(None for _ in parameters)


class _OnceInTimes(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, states: Tensor, ts: Tensor) -> Tensor:
        ctx.save_for_backward(ts)
        return states.view_as(states)

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor) -> tuple[Tensor | None, ...]:
        (ts,) = ctx.saved_tensors
        return never_by(ts, cotangents[0], IN_TIMES), None


def _along_field(problem: Problem, t: float, y: Tensor, cotangent: Tensor) -> Tensor:
    """⟨cotangent, f(t, y)⟩."""
    field = problem.flat(problem.field)
    slope = field.evaluate(t, y.reshape(-1))
    problem.stats.nfe_backward += field.evaluations
    return torch.dot(slope, cotangent.reshape(-1))
