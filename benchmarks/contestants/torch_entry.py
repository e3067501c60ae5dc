"""A step of training in torch around any way to integrate: what all contestants in torch have in common."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import Module

from benchmarks.case import RATE, Case
from benchmarks.contestants.contestant import Entry
from nodeviz.analysis.bare_cost import BareCalls, Evaluations, bare_calls

Integrate = Callable[[Module, Tensor], Tensor]
"""(field, y0) -> ys (times, batch, dim), differentiable when grad mode is on."""

OPTIMISERS = {"adam": torch.optim.Adam, "rmsprop": torch.optim.RMSprop}


class TorchEntry(Entry):
    """Trains its own copy of the case's module, through whatever `integrate` does, as anyone would in torch."""

    def __init__(self, case: Case, integrate: Integrate) -> None:
        self._case = case
        self._integrate = integrate
        self._field, self._head = copy.deepcopy(case.field), copy.deepcopy(case.head)
        self._head_weights = [] if self._head is None else list(self._head.parameters())
        self._weights = [*self._field.parameters(), *self._head_weights]
        self._optimiser = OPTIMISERS[case.optimiser](self._weights, RATE) if case.optimiser else None

    def step(self) -> None:
        if self._case.loss is None:
            self._states()
            return
        self._forget()
        self._loss().backward()
        if self._optimiser is not None:
            self._optimiser.step()

    def answer(self) -> NDArray[np.float64]:
        if self._case.loss is None:
            return as_numbers([self._states()])
        gradient = torch.autograd.grad(self._loss(), self._weights)
        return as_numbers(gradient)

    def evaluations(self) -> Evaluations:
        """Counted as they happen: those in grad mode are pulled back later, the others are not."""
        with counted(self._field) as counts:
            self.step()
        return Evaluations(*counts)

    def bare_calls(self) -> BareCalls:
        return bare_calls(self._field, 0.5, self._case.y0)

    def _states(self) -> Tensor:
        with torch.no_grad():
            return self._integrate(self._field, self._case.y0)

    def _loss(self) -> Tensor:
        case = self._case
        if case.loss is None:
            raise ValueError(f"{case.name} has no loss to differentiate; ask for its states.")
        return case.loss(torch, self._integrate(self._field, case.y0), self._head_weights, case.data)

    def _forget(self) -> None:
        for weight in self._weights:
            weight.grad = None


def as_numbers(tensors: Iterator[Tensor] | list[Tensor] | tuple[Tensor, ...]) -> NDArray[np.float64]:
    """All entries in a row, in float64."""
    return np.concatenate([tensor.detach().cpu().double().numpy().ravel() for tensor in tensors])


@contextmanager
def counted(field: Module) -> Iterator[list[int]]:
    """Counts of the field's calls while entered: outside and inside grad mode."""
    counts = [0, 0]

    def note(module: Module, arguments: object) -> None:
        counts[torch.is_grad_enabled()] += 1

    handle = field.register_forward_pre_hook(note)
    try:
        yield counts
    finally:
        handle.remove()
