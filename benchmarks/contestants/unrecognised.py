"""Any module once more, solved in torch: what a module costs that is not recognised as a network of the kernel's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.case import Case
from benchmarks.contestants.contestant import Entry
from benchmarks.contestants.ours import AnyModule, AnyModuleEntry
from benchmarks.contestants.without_kernel import in_torch
from nodeviz.analysis.bare_cost import Evaluations
from solver import native


class UnrecognisedEntry(AnyModuleEntry):
    """As AnyModuleEntry, in torch."""

    def step(self) -> None:
        with in_torch():
            super().step()

    def answer(self) -> NDArray[np.float64]:
        with in_torch():
            return super().answer()

    def evaluations(self) -> Evaluations:
        with in_torch():
            return super().evaluations()


class Unrecognised(AnyModule):
    """Takes part only where the module is recognised, for else it is the same as AnyModule."""

    name = "nodeviz, unrecognised"

    def declines(self, case: Case) -> str:
        if not native.wait():
            return native.describe()
        sentence = native.explain(case.field, case.y0)
        return "" if "is recognised" in sentence else f"any module is not recognised. {sentence}"

    def enter(self, case: Case) -> Entry:
        return UnrecognisedEntry(case)
