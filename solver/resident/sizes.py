"""How large the next attempt is, decided on the device: as `solver.controllers` and `Integration` do it with floats.

All is of shape (1,), float64, and counted in the solve's own direction: what remains and what is planned is positive.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from solver.controllers import PIDController
from solver.integrate import AT_STEP_END
from solver.per_sample.control import Decisions, Memory, SampleControl
from solver.plan import Plan


class Proposed(NamedTuple):
    """The size of an attempt, and whether it leads to the next stop."""

    h: Tensor
    last: Tensor


@dataclass(frozen=True)
class ChosenSizes:
    """Sizes that the error chooses. It is not `certain` how many steps that makes."""

    control: SampleControl
    certain: bool = False

    def new_memory(self, like: Tensor) -> Memory:
        return self.control.new_memory(like)

    def propose(self, planned: Tensor, remaining: Tensor) -> Proposed:
        last = planned * 1.01 >= remaining
        return Proposed(torch.where(last, remaining, planned), last)

    def decide(self, h: Tensor, ratio: Tensor, memory: Memory) -> Decisions:
        return self.control.decide(h, ratio, memory)

    def beyond_stop(self, planned: Tensor, h_next: Tensor, span: Callable[[], Tensor]) -> Tensor:
        return torch.maximum(h_next, planned)  # a step cut short says nothing against the size that was planned


@dataclass(frozen=True)
class EqualSizes:
    """Equal steps from stop to stop, none larger than `dt`; without one, straight from one to the next."""

    dt: float | None
    certain: bool = True

    def new_memory(self, like: Tensor) -> Memory:
        return Memory(like, like, like)  # there is nothing to remember

    def propose(self, planned: Tensor, remaining: Tensor) -> Proposed:
        count = torch.round(remaining / planned).clamp_(min=1.0)
        return Proposed(remaining / count, count == 1.0)

    def decide(self, h: Tensor, ratio: Tensor, memory: Memory) -> Decisions:
        return Decisions(~torch.isnan(ratio), h, memory)

    def beyond_stop(self, planned: Tensor, h_next: Tensor, span: Callable[[], Tensor]) -> Tensor:
        to_go = span()
        if self.dt is None:
            return to_go
        return to_go / torch.ceil(to_go / self.dt * (1 - AT_STEP_END)).clamp_(min=1.0)


SizeRule = ChosenSizes | EqualSizes
"""Proposes sizes, decides about attempts, and plans the size beyond a stop, with `span` to go to the one after it."""


def size_rule(plan: Plan) -> SizeRule:
    """The plan's rule. Its controller must be one of `solver.controllers`."""
    if isinstance(plan.controller, PIDController):
        return ChosenSizes(SampleControl(plan.controller, plan.error_order, plan.min_step, plan.max_step))
    return EqualSizes(plan.dt)
