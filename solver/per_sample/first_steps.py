"""The size of each sample's first step."""

from __future__ import annotations

import torch
from torch import Tensor

from solver.per_sample.field import SampleField
from solver.per_sample.under_way import SamplePlan


def first_steps(plan: SamplePlan, field: SampleField, t: Tensor, dt_most: Tensor, y: Tensor, slope: Tensor) -> Tensor:
    """As `Integration._first_step`, none beyond `dt_most`, which is signed. Source: Hairer, Nørsett, Wanner I, II.4."""
    tolerance = plan.tolerance
    size, speed = tolerance.norms(y, y), tolerance.norms(slope, y)
    guess = torch.where(torch.minimum(size, speed) < 1e-5, 1e-6, 0.01 * size / speed)
    guess = torch.minimum(guess, dt_most.abs())
    dt = guess.copysign(dt_most)
    everyone = torch.arange(len(t), device=t.device)
    ahead = field.evaluate(t + dt, torch.addcmul(y, dt.to(y.dtype).unsqueeze(1), slope), everyone)
    change = tolerance.norms(ahead - slope, y) / guess
    fastest = torch.maximum(speed, change)
    allowed = plan.control.controller.first_error
    chosen = torch.minimum(100 * guess, (allowed / fastest) ** (1.0 / (plan.control.error_order + 1)))
    chosen = torch.where(fastest > 1e-15, chosen, (guess * 1e-3).clamp(min=1e-6))  # the field vanishes
    chosen = torch.where(torch.isfinite(change), chosen, guess * 1e-3)
    return torch.where(guess > 0.0, chosen, 0.0)  # 0: so steep that its size overflows
