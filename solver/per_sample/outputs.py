"""Which output times fall into which samples' steps."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from solver.integrate import AT_STEP_END


class Places(NamedTuple):
    """Output times inside steps: for each its step (ascending), its row, and θ, which is 1 at the step's end.

    `counts` are how many fall into each step.
    """

    step: Tensor
    row: Tensor
    theta: Tensor
    counts: Tensor


def places_between(
    times: Tensor, sample: Tensor, row: Tensor, t: Tensor, t1: Tensor, dt: Tensor, accepted: Tensor
) -> Places:
    """The places in accepted steps of `sample` from t to t1 = t + dt, whose next output is in `row` of times."""
    slack = AT_STEP_END * torch.maximum(t.abs(), t1.abs())
    direction = dt.sign()
    reach = (t1 * direction + slack).unsqueeze(1)
    ahead = (times[:, sample].t() * direction.unsqueeze(1)).contiguous()
    stop = torch.searchsorted(ahead, reach, right=True).squeeze(1)
    counts = torch.where(accepted, (stop - row).clamp(min=0), 0)
    if not counts.any():
        nothing = row[:0]
        return Places(nothing, nothing, t[:0], counts)
    return spread(times, sample, row, t, t1, dt, counts)


def spread(times: Tensor, sample: Tensor, row: Tensor, t: Tensor, t1: Tensor, dt: Tensor, counts: Tensor) -> Places:
    """The places, where it is known how many there are in each step."""
    step = torch.repeat_interleave(torch.arange(len(counts), device=counts.device), counts)
    first = counts.cumsum(0) - counts
    rows = row[step] + torch.arange(len(step), device=counts.device) - first[step]
    asked = times[rows, sample[step]]
    slack = AT_STEP_END * torch.maximum(t.abs(), t1.abs())
    at_end = (asked - t1[step]) * dt[step].sign() >= -slack[step]
    thetas = torch.where(at_end, 1.0, (asked - t[step]) / dt[step])
    return Places(step, rows, thetas, counts)
