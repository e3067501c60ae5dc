"""Runs of attempts that are made while nobody looks, and are then read all at once."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, isnan

import torch
from torch import Tensor

from solver.coefficients import constant
from solver.field import FlatField
from solver.interpolation import Interpolant
from solver.method import RungeKutta
from solver.resident.attempt import COLUMNS, Logged
from solver.resident.attempts import MadeAttempts
from solver.step import Step

FIRST = 4
"""So many attempts are made before the first look, where nobody knows yet how many it will take."""
ROUNDING = 1e-6
"""A whole number of equal steps is not one more for the sake of rounding."""


class AheadStepper:
    """A `Stepper` that has made the attempts before it is asked for them: `attempt` takes them up one by one.

    It has looked `looks` times, after attempts of which `made` were made, and `taken` up. The field counts what steps
    made one by one would have evaluated. The device may evaluate more: in attempts beyond the end, and of a method
    whose steps do not hand on a slope, the first one again after a rejection.
    """

    def __init__(self, method: RungeKutta, field: FlatField, like: Tensor, certain: bool) -> None:
        """With equal steps it is `certain` how many attempts it takes."""
        self._field, self._tableau, self._certain = field, method.tableau, certain
        self._extra = [constant(row, like) for row in method.tableau.extra_a]
        self._interpolant = Interpolant(method.tableau.dense_rows, like)
        self._estimates = (like[:0],) * len(method.tableau.estimates)  # their sizes are in the log
        self._slope: Tensor | None = None
        self._evaluated = 0  # how many leading stages are counted for the current point and dt
        self._made: MadeAttempts | None = None
        self._rows: list[Logged] = []
        self._states = like
        self._at, self._next = -1, 0
        self.looks = self.made = self.taken = 0

    def start_from(self, slope: Tensor) -> None:
        self._slope = slope
        self._evaluated = 1

    def first_slope(self, t: float, y: Tensor) -> Tensor:
        if self._slope is None:
            self.start_from(self._field.evaluate(t, y))
        return self._slope if self._slope is not None else y

    def run(self, made: MadeAttempts, most: int, header: Tensor) -> list[float]:
        """Make up to `most` attempts and read them; the numbers of `header`, which are read with them."""
        tensors, self._made = made.tensors, made
        count = min(most, tensors.length)
        tensors.rewind()
        for _ in range(count):
            made.make()
        numbers: list[float] = torch.cat((header, tensors.log[:count].flatten())).tolist()
        read, log = numbers[: len(header)], numbers[len(header) :]
        self._rows = [Logged.of(log[place : place + COLUMNS]) for place in range(0, len(log), COLUMNS)]
        self._states = torch.cat((tensors.states[:count], tensors.y.unsqueeze(0)))
        self._next = 0
        self.looks += 1
        self.made += count
        return read

    def upcoming(self, remaining: float, left: int) -> Logged:
        """The next attempt, with so much time to go and so many steps `left` to be made."""
        if self._next == len(self._rows) and self._made is not None:
            most = expected_attempts(remaining, self._rows[-1].dt_next)
            if not self._certain:
                most = min(most, max(1, self.made // 2))  # steps may still grow: no more than a third is in vain
            self.run(self._made, min(most, left), self._made.tensors.log[0, :0])
        return self._rows[self._next]

    @property
    def attempted(self) -> Logged:
        """The attempt that was taken up last."""
        return self._rows[self._at]

    def attempt(self, t: float, y: Tensor, dt: float) -> Step:
        self._at, self._next = self._next, self._next + 1
        self.taken += 1
        self._field.evaluations += self._tableau.stages - (1 if self._evaluated else 0)
        self._evaluated = self._tableau.stages
        return Step(self._states[self._next], self._estimates)

    def outputs(self, t: float, y: Tensor, dt: float, thetas: Sequence[float]) -> Tensor:
        slopes = self._kept()
        nodes = self._tableau.extra_c
        for weights, node in zip(self._extra, nodes, strict=True):
            at = torch.add(y, torch.mv(slopes[: weights.numel()].t(), weights), alpha=dt)
            slopes = torch.cat((slopes, self._field.evaluate(t + node * dt, at).unsqueeze(0)))
        self._evaluated = self._tableau.stages + len(nodes)
        return torch.add(y, torch.mm(self._interpolant.weights(thetas), slopes), alpha=dt)

    def slopes(self) -> Tensor | None:
        return self._kept()[: self._tableau.advancing].clone()

    def accept(self) -> None:
        place = self._tableau.handed_on
        self._evaluated = 1 if place is not None and place < self._evaluated else 0

    def _kept(self) -> Tensor:
        """The stages (stages, entries) of the attempt."""
        stages = None if self._made is None else self._made.tensors.stages
        if stages is None:
            raise ValueError("The stages of these steps were not kept; keep them to look inside steps.")
        return stages[self._at]


def expected_attempts(remaining: float, dt: float) -> int:
    """How many steps of this size it takes."""
    count = remaining / abs(dt) if dt and not isnan(dt) else 1.0
    return max(1, ceil(min(count, 1e9) - ROUNDING))
