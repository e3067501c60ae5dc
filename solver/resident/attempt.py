"""One attempt of a step as operations on tensors that stay where they are: nothing is read, so it can be replayed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from solver.coefficients import constant
from solver.per_sample.control import Memory
from solver.resident.measure import DeviceMeasure
from solver.resident.sizes import SizeRule
from solver.resident.stages import MakesStages
from solver.tableau import ButcherTableau


class Rules(NamedTuple):
    """What attempts go by."""

    tableau: ButcherTableau
    sizes: SizeRule
    measure: DeviceMeasure


class Start(NamedTuple):
    """Where attempts begin: at time s, with the size planned; all (1,), float64, in the solve's own direction.

    Time is s · direction. `stops` (stops,) rise to the end. State and slope are flat.
    """

    s: Tensor
    direction: Tensor
    stops: Tensor
    planned: Tensor
    y: Tensor
    slope: Tensor
    memory: Memory

    def numbers(self) -> Tensor:
        """What changes with every attempt, in a row: s, planned and the memory."""
        return torch.cat((self.s, self.planned, *self.memory))


COLUMNS = 4
"""Numbers that the log has of an attempt, in the order of `Logged`."""


class Logged(NamedTuple):
    """An attempt as the log has it: its signed size, error ratio, fate, and the size that the rule says is next."""

    dt: float
    ratio: float
    accept: bool
    dt_next: float

    @classmethod
    def of(cls, numbers: Sequence[float]) -> Logged:
        dt, ratio, accept, dt_next = numbers
        return cls(dt, ratio, bool(accept), dt_next)


class AttemptTensors:
    """Where attempts are made, and written down: tensors that never move.

    Of so many attempts as were made since `rewind`, the first rows of `log` (length, COLUMNS) tell what came of them,
    those of `states` (length, entries) where each began, and, if kept, those of `stages` (length, stages, entries) its
    slopes. `y` is where they have come to.
    """

    def __init__(self, tableau: ButcherTableau, start: Start, length: int, keeps_stages: bool) -> None:
        like = start.y
        self.y = like.clone()
        self.slopes = like.new_zeros(tableau.stages, like.numel())
        self.log = start.s.new_zeros(length, COLUMNS)
        self.states = like.new_zeros(length, like.numel())
        self.stages = like.new_zeros(length, *self.slopes.shape) if keeps_stages else None
        self.place = torch.zeros(1, dtype=torch.int64, device=like.device)
        self.aim = torch.zeros_like(self.place)
        self.direction, self.stops = start.direction.clone(), start.stops.clone()
        self.numbers = start.numbers()

    @property
    def length(self) -> int:
        """How many attempts can be made in a row."""
        return len(self.log)

    def begin(self, start: Start) -> None:
        """Go to where a solve begins."""
        self.aim.zero_()
        self.direction.copy_(start.direction)
        self.stops.copy_(start.stops)
        self.numbers.copy_(start.numbers())
        self.y.copy_(start.y)
        self.slopes[0].copy_(start.slope)

    def rewind(self) -> None:
        """Begin with a new log."""
        self.place.zero_()


class Attempt:
    """Makes an attempt on the tensors whenever it is called. At the end, attempts are made that go nowhere."""

    def __init__(self, rules: Rules, stages: MakesStages, tensors: AttemptTensors) -> None:
        tableau, like = rules.tableau, tensors.y
        self._rules, self._stages, self._tensors = rules, stages, tensors
        self._b = constant(tableau.b, like)
        self._estimates = [constant(estimate.weights, like) for estimate in tableau.estimates]
        self._nodes = constant(tableau.c, tensors.direction)
        self._slots, self._columns = tensors.slopes.unbind(), tensors.slopes.t()

    def __call__(self) -> None:
        tensors, rule = self._tensors, self._rules.sizes
        s, planned, *remembered = tensors.numbers.split(1)
        target = tensors.stops.gather(0, tensors.aim)
        remaining = target - s
        h, last = rule.propose(planned, remaining)
        y1, errors = self._advance(s, h)
        ratio = self._rules.measure.ratio(errors, tensors.y, y1) * h
        accept, h_next, memory = rule.decide(h, ratio, Memory(*remembered))
        self._write_down(torch.stack((h * tensors.direction, ratio, accept.to(h), h_next * tensors.direction), 1))
        moves = accept & (remaining > 0.0)
        arrives = moves & last
        self._move(moves, arrives, y1)
        s_next = torch.where(moves, torch.where(last, target, s + h), s)
        beyond = rule.beyond_stop(planned, h_next, lambda: tensors.stops.gather(0, tensors.aim) - target)
        tensors.numbers.copy_(torch.cat((s_next, torch.where(arrives, beyond, h_next), *memory)))

    def _advance(self, s: Tensor, h: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Evaluate the stages: where the step ends, and its error estimates."""
        tableau, y, direction = self._rules.tableau, self._tensors.y, self._tensors.direction
        moments = torch.addcmul(s, self._nodes, h).mul_(direction).to(y.dtype).unbind()
        dt, last = (h * direction).to(y.dtype), y
        for stage in range(1 if tableau.fsal else 0, tableau.stages):
            last = self._stages.make(stage, moments[stage], dt)
        y1 = last if tableau.fsal else torch.addcmul(y, dt, self._total(self._b))
        return y1, [self._total(weights) for weights in self._estimates]

    def _total(self, weights: Tensor) -> Tensor:
        return torch.mv(self._columns[:, : weights.numel()], weights)

    def _write_down(self, row: Tensor) -> None:
        tensors = self._tensors
        tensors.log.index_copy_(0, tensors.place, row)
        tensors.states.index_copy_(0, tensors.place, tensors.y.unsqueeze(0))
        if tensors.stages is not None:
            tensors.stages.index_copy_(0, tensors.place, tensors.slopes.unsqueeze(0))
        tensors.place.add_(1).clamp_(max=tensors.length - 1)

    def _move(self, moves: Tensor, arrives: Tensor, y1: Tensor) -> None:
        """Go to where an accepted step ended, and turn to the next stop where it ended at one."""
        tensors = self._tensors
        torch.where(moves, y1, tensors.y, out=tensors.y)
        if self._rules.tableau.fsal:
            torch.where(moves, self._slots[-1], self._slots[0], out=self._slots[0])
        tensors.aim.add_(arrives).clamp_(max=tensors.stops.numel() - 1)
