"""torchdiffeq, by its adjoint and by backprop through its operations."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.nn import Module

from benchmarks.case import Case
from benchmarks.contestants.contestant import Contestant, Entry
from benchmarks.contestants.torch_entry import TorchEntry


class Adjoint(Contestant):
    """odeint_adjoint as it comes."""

    name = "torchdiffeq adjoint"
    packages = ("torchdiffeq",)

    def declines(self, case: Case) -> str:
        return "" if case.loss is not None else "no gradient is asked for"

    def enter(self, case: Case) -> Entry:
        from torchdiffeq import odeint_adjoint

        ts, options = case.ts.to(case.y0), _options(case)

        def integrate(field: Module, y0: Tensor) -> Tensor:
            return odeint_adjoint(field, y0, ts, **options)

        return TorchEntry(case, integrate)


class Direct(Contestant):
    """odeint."""

    name = "torchdiffeq direct"
    packages = ("torchdiffeq",)

    def declines(self, case: Case) -> str:
        return ""

    def enter(self, case: Case) -> Entry:
        from torchdiffeq import odeint

        ts, options = case.ts.to(case.y0), _options(case)

        def integrate(field: Module, y0: Tensor) -> Tensor:
            return odeint(field, y0, ts, **options)

        return TorchEntry(case, integrate)


def _options(case: Case) -> dict[str, Any]:
    method, rtol, atol, dt = case.accuracy
    steps = {} if dt is None else {"step_size": dt}
    return {"method": method, "rtol": rtol, "atol": atol, "options": steps}
