"""nodeviz's own solver: with a field that differentiates itself, and with any module."""

from __future__ import annotations

import copy
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import Module

from benchmarks.case import RATE, Case
from benchmarks.contestants.contestant import Contestant, Entry
from benchmarks.contestants.torch_entry import TorchEntry, as_numbers
from nodeviz.analysis.bare_cost import BareCalls, Evaluations, bare_calls
from nodeviz.fields.modules.flat import FlatModule
from nodeviz.fields.modules.traced_field import TracedField
from nodeviz.tasks.optimisers import optimiser_named
from solver import Solution, Stats, native, solve


class Graded(NamedTuple):
    """A solve, and the gradient of the case's loss in the weights."""

    solution: Solution
    gradient: tuple[Tensor, ...]


class OwnEntry(Entry):
    """Trains one of nodeviz's fields as the trainer does: one flat vector, and rules for flat vectors."""

    def __init__(self, case: Case, field: FlatModule | TracedField) -> None:
        self._case = case
        self._field = copy.deepcopy(field)
        head = copy.deepcopy(case.head)
        self._head_weights = [] if head is None else list(head.parameters())
        self._weights = [self._field.theta, *self._head_weights]
        flat = [weight.detach().view(-1) for weight in self._weights]
        self._rules = [(vector, optimiser_named(case.optimiser, vector)) for vector in flat] if case.optimiser else []

    def step(self) -> None:
        if self._case.loss is None:
            self._states()
            return
        for (vector, rule), gradient in zip(self._rules, self._graded().gradient, strict=bool(self._rules)):
            rule.step(vector, gradient.reshape(-1), RATE, 0.0)

    def answer(self) -> NDArray[np.float64]:
        if self._case.loss is None:
            return as_numbers([self._states().ys])
        return as_numbers(self._graded().gradient)

    def evaluations(self) -> Evaluations:
        solution = self._states() if self._case.loss is None else self._graded().solution
        return evaluations(solution.stats)

    def bare_calls(self) -> BareCalls:
        return bare_calls(self._field, 0.5, self._case.y0)

    def _states(self) -> Solution:
        with torch.no_grad():
            return solved(self._case, self._field)

    def _graded(self) -> Graded:
        case = self._case
        if case.loss is None:
            raise ValueError(f"{case.name} has no loss to differentiate; ask for its states.")
        solution = solved(case, self._field)
        loss = case.loss(torch, solution.ys, self._head_weights, case.data)
        return Graded(solution, torch.autograd.grad(loss, self._weights))


class AnyModuleEntry(TorchEntry):
    """As every torch entry; the solver counts by itself, for it may evaluate many steps in one call of the module."""

    def __init__(self, case: Case) -> None:
        self._solution: Solution | None = None
        super().__init__(case, self._solve)

    def evaluations(self) -> Evaluations:
        self.step()
        if self._solution is None:
            raise ValueError("There was no solve to count the evaluations of.")
        return evaluations(self._solution.stats)

    def _solve(self, field: Module, y0: Tensor) -> Tensor:
        self._solution = solved(self._case, field)
        return self._solution.ys


class OwnField(Contestant):
    """A field that the native kernel knows, or that differentiates itself, and an optimiser of one flat vector."""

    name = "nodeviz, own field"

    def declines(self, case: Case) -> str:
        return "" if case.own is not None else "nodeviz has no field of this kind yet"

    def enter(self, case: Case) -> Entry:
        if case.own is None:
            raise ValueError(f"{case.name} has no field of nodeviz's own; ask declines() first.")
        native.wait()  # or the first rounds would be without the kernel, which is built meanwhile
        return OwnEntry(case, case.own)


class AnyModule(Contestant):
    """The module that the peers are given, promised to treat every row by itself; the kernel's, where recognised."""

    name = "nodeviz, any module"

    def declines(self, case: Case) -> str:
        return ""

    def enter(self, case: Case) -> Entry:
        native.wait()
        return AnyModuleEntry(case)


def evaluations(stats: Stats) -> Evaluations:
    """Those of the forward pass whose graphs were kept, and those of the backward pass, come with a pullback."""
    return Evaluations(stats.nfe_forward - stats.kept, stats.nfe_backward + stats.kept)


def solved(case: Case, field: Module) -> Solution:
    """The case's solve with its gradient by default. Raises `RuntimeError` when it did not get to its end."""
    method, rtol, atol, dt = case.accuracy
    solution = solve(field, case.y0, case.ts, method=method, rtol=rtol, atol=atol, dt=dt, rowwise=True)
    if not solution.status.ok:
        raise RuntimeError(f"{case.name}: {solution.status.sentence} {solution.status.remedy}")
    return solution
