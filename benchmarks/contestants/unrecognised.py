"""Any module once more, solved in torch: what a module costs that is not recognised as a network of the kernel's."""

from __future__ import annotations

from benchmarks.case import Case
from benchmarks.contestants.contestant import Entry
from benchmarks.contestants.in_torch import InTorch
from benchmarks.contestants.ours import AnyModule, AnyModuleEntry
from solver import native


class Unrecognised(AnyModule):
    """Takes part only where the module is recognised, for else it is the same as AnyModule."""

    name = "nodeviz, unrecognised"

    def declines(self, case: Case) -> str:
        if not native.wait():
            return native.describe()
        sentence = native.explain(case.field, case.y0)
        return "" if "is recognised" in sentence else f"any module is not recognised. {sentence}"

    def enter(self, case: Case) -> Entry:
        return InTorch(AnyModuleEntry(case))
