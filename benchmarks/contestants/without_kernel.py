"""nodeviz's own fields once more, solved in torch: what is left where there is no C compiler."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from benchmarks.case import Case
from benchmarks.contestants.contestant import Entry
from benchmarks.contestants.ours import OwnEntry, OwnField
from nodeviz.analysis.bare_cost import Evaluations
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


class WithoutKernelEntry(OwnEntry):
    """As OwnEntry, in torch."""

    def step(self) -> None:
        with in_torch():
            super().step()

    def answer(self) -> NDArray[np.float64]:
        with in_torch():
            return super().answer()

    def evaluations(self) -> Evaluations:
        with in_torch():
            return super().evaluations()


class WithoutKernel(OwnField):
    """Takes part only where there is a kernel, for else it is the same as OwnField."""

    name = "nodeviz, without kernel"

    def declines(self, case: Case) -> str:
        return super().declines(case) or ("" if native.wait() else native.describe())

    def enter(self, case: Case) -> Entry:
        if case.own is None:
            raise ValueError(f"{case.name} has no field of nodeviz's own; ask declines() first.")
        return WithoutKernelEntry(case, case.own)
