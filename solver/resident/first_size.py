"""The size of the first attempt, chosen on the device as `Integration` chooses it with floats."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from solver.plan import Plan
from solver.resident.field import Evaluate
from solver.resident.measure import DeviceMeasure


class Beginning(NamedTuple):
    """Time t and the signed span to the last time, (1,), float64, and the flat state and slope at t."""

    t: Tensor
    span: Tensor
    y: Tensor
    slope: Tensor


class FirstSize(NamedTuple):
    """The size, and whether the field was of use ahead: it is not where it is so steep that its size overflows."""

    h: Tensor
    looked_ahead: Tensor


def first_size(at: Beginning, evaluate: Evaluate, measure: DeviceMeasure, plan: Plan) -> FirstSize:
    """A size of the order that the tolerance allows. Source: Hairer, Nørsett, Wanner I, II.4."""
    size, speed = measure.size(at.y, at.y), measure.size(at.slope, at.y)
    guess = torch.where(torch.minimum(size, speed) < 1e-5, 1e-6, 0.01 * size / speed)
    guess = torch.minimum(guess, at.span.abs())
    dt = guess.copysign(at.span)
    moved = torch.addcmul(at.y, dt.to(at.y.dtype), at.slope)
    ahead = evaluate((at.t + dt).to(at.y.dtype).squeeze(0), moved)
    change = measure.size(ahead - at.slope, at.y)
    fastest = torch.maximum(speed, change / guess)
    h = torch.minimum(100 * guess, (plan.controller.first_error / fastest) ** (1.0 / (plan.error_order + 1)))
    h = torch.where(fastest > 1e-15, h, (guess * 1e-3).clamp(min=1e-6))  # the field vanishes
    h = torch.where(torch.isfinite(change), h, guess * 1e-3)  # something is wrong ahead; steps will find where
    usable = guess > 0.0
    return FirstSize(torch.where(usable, h, 0.0), usable)
