"""Error ratios and step sizes of many samples at once: `Tolerance` and `PIDController` for tensors (samples,)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

import torch
from torch import Tensor

from solver.controllers import PIDController


class Decisions(NamedTuple):
    """Which steps are accepted, and the signed sizes of the next attempts."""

    accept: Tensor
    dt_next: Tensor


class Histories(NamedTuple):
    """Each sample's `ErrorHistory`: of its last attempt, of its two accepted steps before, and whether it failed."""

    ratio: Tensor
    previous: Tensor
    before_previous: Tensor
    rejected: Tensor

    @classmethod
    def new(cls, dt: Tensor) -> Histories:
        ones = torch.ones_like(dt)
        return cls(ones * torch.nan, ones, ones, torch.zeros_like(dt, dtype=torch.bool))

    def after(self, ratio: Tensor, accept: Tensor) -> Histories:
        previous = torch.where(accept, ratio, self.previous)
        before_previous = torch.where(accept, self.previous, self.before_previous)
        return Histories(ratio, previous, before_previous, ~accept)

    def of(self, samples: Tensor) -> Histories:
        return Histories(*(each[samples] for each in self))


@dataclass(frozen=True)
class SampleTolerance:
    """A sample's error is as large as allowed when the RMS, or the `largest`, of error / (atol + rtol |y|) is 1."""

    rtol: float
    atol: float
    largest: bool = False

    def ratios(self, errors: Sequence[Tensor], y0: Tensor, y1: Tensor) -> Tensor:
        """Error over tolerance of each sample, from error estimates (samples, entries). Not finite where they are."""
        scale = torch.maximum(y0.abs(), y1.abs()).mul_(self.rtol).add_(self.atol)
        sizes = [self._sizes(error, scale) for error in errors]
        if len(sizes) == 1:
            return sizes[0]
        fifth, third = sizes[0].square(), sizes[1].square()  # as in `tolerance.combined_853`
        return torch.where(fifth + third == 0.0, 0.0, fifth / torch.sqrt(fifth + 0.01 * third))

    def norms(self, vectors: Tensor, y: Tensor) -> Tensor:
        return self._sizes(vectors, y.abs().mul_(self.rtol).add_(self.atol))

    def _sizes(self, vectors: Tensor, scale: Tensor) -> Tensor:
        relative = vectors / scale
        sizes = relative.abs().amax(1) if self.largest else relative.square().mean(1).sqrt()
        return sizes.to(torch.float64)


@dataclass(frozen=True)
class SampleControl:
    """A PID controller for many samples, with limits of step sizes. `error_order` as in `Controller.decide`."""

    controller: PIDController
    error_order: int
    min_step: float = 0.0
    max_step: float = inf

    def decide(self, dt: Tensor, ratio: Tensor, past: Histories) -> Decisions:
        """What follows from attempts of sizes dt, as `PIDController.decide` and `Plan.limited` have it."""
        rule, k = self.controller, self.error_order + 1
        finite = torch.isfinite(ratio)
        accept = finite & (ratio <= 1.0)
        growth = rule.safety ** (rule.beta1 + rule.beta2 + rule.beta3) * _power(ratio, -rule.beta1 / k)
        growth = growth * _power(past.previous, -rule.beta2 / k) * _power(past.before_previous, -rule.beta3 / k)
        growth = growth.clamp(min=rule.min_factor, max=rule.max_factor)
        growth = torch.where(past.rejected, growth.clamp(max=1.0), growth)
        shrinkage = (rule.safety * _power(ratio, -1.0 / k)).clamp(min=rule.min_factor)
        factor = torch.where(accept, growth, torch.where(finite, shrinkage, rule.min_factor))
        accept = accept | (finite & (dt.abs() <= self.min_step))
        return Decisions(accept, self.limited(dt.abs() * factor).copysign(dt))

    def limited(self, size: Tensor) -> Tensor:
        return size.clamp(self.min_step, self.max_step)


def _power(ratio: Tensor, exponent: float) -> Tensor:
    return ratio.clamp(min=1e-10).pow(exponent)
