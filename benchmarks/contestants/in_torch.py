"""An entry of nodeviz's, solved in torch: the native kernel is switched off whenever it does something."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from benchmarks.contestants.contestant import Entry
from nodeviz.analysis.bare_cost import BareCalls, Evaluations
from solver import native
from solver.native.library import KERNELS


@contextmanager
def in_torch() -> Iterator[None]:
    """The native kernel is switched off while entered."""
    before = KERNELS.allowed
    native.allow(False)
    try:
        yield
    finally:
        native.allow(before)


class InTorch(Entry):
    """Another entry, without the kernel."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry

    def step(self) -> None:
        with in_torch():
            self._entry.step()

    def answer(self) -> NDArray[np.float64]:
        with in_torch():
            return self._entry.answer()

    def evaluations(self) -> Evaluations:
        with in_torch():
            return self._entry.evaluations()

    def bare_calls(self) -> BareCalls | None:
        return self._entry.bare_calls()
