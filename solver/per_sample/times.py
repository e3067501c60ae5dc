"""Gradients with respect to output times, shared or each sample's own: `solver.gradients.times` for many samples."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from solver.gradients.times import once_in_times, shifted
from solver.per_sample.gradients import SampleProblem
from solver.per_sample.record import Found


def shift_start(problem: SampleProblem, ts: Tensor) -> Tensor:
    """y0 as it is, with the gradient that it has through the first time."""
    shared = ts.dim() == 1

    def onto_times(y0: Tensor, cotangent: Tensor) -> Tensor:
        found = torch.zeros_like(problem.times)
        everyone = torch.arange(len(y0), device=y0.device)
        found[0] = -_along_field(problem, problem.times[0], y0, everyone, cotangent)
        return found.sum(1) if shared else found

    return shifted(problem.y0, ts, onto_times, problem.parameters)


def shift_outputs(problem: SampleProblem, ys: Tensor, ts: Tensor, reached: Tensor) -> Tensor:
    """ys (rows, samples, entries) as they are, with the gradient that each has through its own time."""
    shared = ts.dim() == 1

    def onto_times(states: Tensor, cotangent: Tensor) -> Tensor:
        found, times = torch.zeros_like(problem.times), problem.times
        rows = torch.arange(len(times), device=times.device).unsqueeze(1)
        cells = (rows <= reached).nonzero(as_tuple=True)
        found[cells] = _along_field(problem, times[cells], states[cells], cells[1], cotangent[cells])
        return found.sum(1) if shared else found

    return shifted(ys, ts, onto_times, problem.parameters)


def moved_once(way: Callable[[SampleProblem], Found], ts: Tensor) -> Callable[[SampleProblem], Found]:
    """The way to solve; gradients through its states refuse to be differentiated with respect to ts."""

    def solve(problem: SampleProblem) -> Found:
        found = way(problem)
        return found._replace(states=once_in_times(found.states, ts), starts=once_in_times(found.starts, ts))

    return solve


def _along_field(problem: SampleProblem, t: Tensor, y: Tensor, samples: Tensor, cotangent: Tensor) -> Tensor:
    """⟨cotangent, f(t, y)⟩ of each of these samples."""
    slope = problem.field.evaluate(t, y, samples)
    problem.stats.nfe_backward += 1
    return (slope * cotangent).sum(1).to(torch.float64)
