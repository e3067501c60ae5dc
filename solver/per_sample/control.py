"""Error ratios and step sizes of many samples at once: `Tolerance` and `PIDController` for tensors (samples,)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, log, sqrt
from typing import NamedTuple

import torch
from torch import Tensor

from solver.coefficients import constant
from solver.controllers import PIDController


class Decisions(NamedTuple):
    """Which attempts are accepted, the sizes of the next ones, and what to remember for deciding about those."""

    accept: Tensor
    h_next: Tensor
    memory: Memory


class Memory(NamedTuple):
    """What a sample's earlier attempts mean for its next size, as `ErrorHistory` keeps it, in logarithms.

    `last` and `before` are the logarithms of the error ratios of the two steps accepted last, `most` is the factor by
    which a step may grow: not at all right after a rejection.
    """

    last: Tensor
    before: Tensor
    most: Tensor

    def of(self, rows: Tensor) -> Memory:
        return Memory(*(each[rows] for each in self))


@dataclass(frozen=True)
class SampleTolerance:
    """A sample's error is as large as allowed when the RMS, or the `largest`, of error / (atol + rtol |y|) is 1."""

    rtol: float
    atol: float
    largest: bool = False

    def ratios(self, errors: Sequence[Tensor], y0: Tensor, y1: Tensor) -> Tensor:
        """Error over tolerance of each sample, from error estimates (samples, entries). Not finite where they are."""
        scale = self._scale(torch.maximum(y0.abs(), y1.abs()))
        sizes = [self._sizes(error, scale) for error in errors]
        if len(sizes) == 1:
            return sizes[0]
        fifth, third = sizes[0].square(), sizes[1].square()  # as in `tolerance.combined_853`
        return torch.where(fifth + third == 0.0, 0.0, fifth / torch.sqrt(fifth + 0.01 * third))

    def norms(self, vectors: Tensor, y: Tensor) -> Tensor:
        return self._sizes(vectors, self._scale(y.abs()))

    def _scale(self, size: Tensor) -> Tensor:
        """What is allowed, times √entries for the RMS, which then is a plain norm."""
        many = 1.0 if self.largest else sqrt(size.shape[1])
        return size.mul_(self.rtol * many).add_(self.atol * many)

    def _sizes(self, vectors: Tensor, scale: Tensor) -> Tensor:
        order = inf if self.largest else 2
        sizes: Tensor = torch.linalg.vector_norm(vectors / scale, order, dim=1, dtype=torch.float64)
        return sizes


@dataclass(frozen=True)
class SampleControl:
    """A PID controller for many samples, with limits of step sizes. `error_order` as in `Controller.decide`."""

    controller: PIDController
    error_order: int
    min_step: float = 0.0
    max_step: float = inf

    def new_memory(self, like: Tensor) -> Memory:
        """That of samples which have made no step yet."""
        nothing = torch.zeros_like(like)
        return Memory(nothing, nothing, torch.full_like(like, self.controller.max_factor))

    def decide(self, h: Tensor, ratio: Tensor, memory: Memory) -> Decisions:
        """What follows from attempts of sizes h > 0, as `PIDController.decide` and `Plan.limited` have it.

        The factors are added up as logarithms. `fmax` leaves those that are not a number the smallest factor.
        """
        rule, k = self.controller, self.error_order + 1
        size = ratio.clamp(min=1e-10).log_()
        accept = ratio <= 1.0
        growth = torch.add(self._known_growth(memory), size, alpha=-rule.beta1 / k)
        shrinkage = torch.add(constant((log(rule.safety),), ratio), size, alpha=-1.0 / k)
        factor = torch.where(accept, growth, shrinkage).exp_()
        factor = torch.fmax(factor, constant((rule.min_factor,), ratio))
        h_next = torch.minimum(factor, memory.most).mul_(h)
        if self.min_step > 0.0:
            accept = accept | (torch.isfinite(ratio) & (h <= self.min_step))
        return Decisions(accept, self.limited(h_next), self._remembered(memory, size, accept))

    def limited(self, h: Tensor) -> Tensor:
        return torch.clamp(h, self.min_step, self.max_step) if self.min_step > 0.0 or self.max_step < inf else h

    def _known_growth(self, memory: Memory) -> Tensor:
        """The logarithm of what the factor of an accepted step has from the steps before it."""
        rule, k = self.controller, self.error_order + 1
        known: Tensor = constant((log(rule.safety) * (rule.beta1 + rule.beta2 + rule.beta3),), memory.last)
        if rule.beta2:
            known = torch.add(known, memory.last, alpha=-rule.beta2 / k)
        return torch.add(known, memory.before, alpha=-rule.beta3 / k) if rule.beta3 else known

    def _remembered(self, memory: Memory, size: Tensor, accept: Tensor) -> Memory:
        rule = self.controller
        last = torch.where(accept, size, memory.last) if rule.beta2 or rule.beta3 else memory.last
        before = torch.where(accept, memory.last, memory.before) if rule.beta3 else memory.before
        most = torch.where(accept, constant((rule.max_factor,), size), constant((1.0,), size))
        return Memory(last, before, most)
