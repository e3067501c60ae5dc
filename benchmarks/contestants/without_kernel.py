"""nodeviz's own fields once more, solved in torch: what is left where there is no C compiler."""

from __future__ import annotations

from benchmarks.case import Case
from benchmarks.contestants.contestant import Entry
from benchmarks.contestants.in_torch import InTorch
from benchmarks.contestants.ours import OwnField
from solver import native


class WithoutKernel(OwnField):
    """Takes part only where there is a kernel, for else it is the same as OwnField."""

    name = "nodeviz, without kernel"

    def declines(self, case: Case) -> str:
        return super().declines(case) or ("" if native.wait() else native.describe())

    def enter(self, case: Case) -> Entry:
        return InTorch(super().enter(case))
