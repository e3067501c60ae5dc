"""torchdyn, by backprop through its operations."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor
from torch.nn import Module

from benchmarks.case import Case
from benchmarks.contestants.contestant import Contestant, Entry
from benchmarks.contestants.torch_entry import TorchEntry


class Torchdyn(Contestant):
    """Its functional odeint."""

    name = "torchdyn"
    packages = ("torchdyn",)

    def declines(self, case: Case) -> str:
        return ""

    def enter(self, case: Case) -> Entry:
        from torchdyn.numerics import odeint

        warnings.filterwarnings("ignore", "Setting tolerances has no effect")
        method, rtol, atol, dt = case.accuracy
        ends = case.ts.to(case.y0)
        # of fixed steps the times are the grid, of which the case asks for the ends
        steps = 0 if dt is None else round(float(ends[-1] - ends[0]) / dt)
        ts = ends if dt is None else torch.linspace(float(ends[0]), float(ends[-1]), steps + 1).to(ends)

        def integrate(field: Module, y0: Tensor) -> Tensor:
            ys = odeint(field, y0, ts, method, atol=atol, rtol=rtol)[1]
            return ys if dt is None else ys[[0, -1]]

        return TorchEntry(case, integrate)
