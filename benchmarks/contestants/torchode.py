"""torchode, whose every row has steps of its own; as it comes, and compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module

from benchmarks.case import Case
from benchmarks.contestants.contestant import Contestant, Entry
from benchmarks.contestants.torch_entry import TorchEntry
from nodeviz.analysis.bare_cost import Evaluations


class Torchode(Contestant):
    """Backprop through its operations, with its integral controller."""

    name = "torchode"
    packages = ("torchode",)

    def declines(self, case: Case) -> str:
        return "" if case.accuracy.method == "dopri5" else f"it has no {case.accuracy.method}"

    def enter(self, case: Case) -> Entry:
        return TorchodeEntry(case, compiled=False)


class TorchodeCompiled(Torchode):
    """Its solver through torch.compile: quicker steps after a first one of many seconds."""

    name = "torchode compiled"
    compiles_for_minutes = True

    def declines(self, case: Case) -> str:
        # of the trace, which is a derivative itself, AOT autograd cannot take another one
        derived = "" if type(case.field).__name__ != "Flow" else "torch.compile cannot differentiate the trace"
        return super().declines(case) or derived

    def enter(self, case: Case) -> Entry:
        return TorchodeEntry(case, compiled=True)


class TorchodeEntry(TorchEntry):
    """Counts evaluations with a solver that is not compiled, for a hook would make it compile once more."""

    def __init__(self, case: Case, compiled: bool) -> None:
        self._compiled = compiled
        self._solve: Callable[..., Any] | None = None
        times = case.ts.to(case.y0).expand(len(case.y0), -1).contiguous()

        def integrate(field: Module, y0: Tensor) -> Tensor:
            import torchode

            if self._solve is None:
                self._solve = _solver(case, field, compiled)
            return self._solve(torchode.InitialValueProblem(y0=y0, t_eval=times)).ys.transpose(0, 1)

        super().__init__(case, integrate)

    def evaluations(self) -> Evaluations:
        if self._compiled:
            return TorchodeEntry(self._case, compiled=False).evaluations()
        return super().evaluations()


def _solver(case: Case, field: Module, compiled: bool) -> Callable[..., Any]:
    """InitialValueProblem -> torchode's Solution."""
    import torchode

    _, rtol, atol, _ = case.accuracy
    term = torchode.ODETerm(field)
    controller = torchode.IntegralController(atol=atol, rtol=rtol, term=term)
    solver = torchode.AutoDiffAdjoint(torchode.Dopri5(term=term), controller).to(case.y0.device)
    return torch.compile(solver.solve) if compiled else solver.solve
