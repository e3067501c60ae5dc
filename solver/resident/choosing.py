"""Which solves go the resident way, and which of them as CUDA graphs."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Literal, NamedTuple, get_args

import torch
from torch import Tensor
from torch.autograd import forward_ad

from solver.controllers import FixedController, PIDController
from solver.field import AutogradField, DifferentiableField, FlatField
from solver.method import RungeKutta
from solver.plan import Plan
from solver.resident.attempt import Rules
from solver.resident.field import Evaluate, evaluator, repeats
from solver.resident.measure import device_measure
from solver.resident.sizes import size_rule
from solver.stages import StageBuffer
from solver.step import MakeStages

Graphs = Literal["none", "promised", "all"]
"""Of no fields, of those that promise that they can be replayed (`RepeatableField`), or of any."""
SMALL = 2**18
"""Work on states of more numbers than this takes longer than asking for it: nothing is replayed there."""
VARIABLE = "NODEVIZ_RESIDENT"
"""Set to 0 in the environment, it sends all solves the usual way."""


class Choice:
    """What is allowed in this process."""

    def __init__(self) -> None:
        self.devices = frozenset({"cuda"}) if os.environ.get(VARIABLE, "1") != "0" else frozenset()
        self.graphs: Graphs = "promised"
        self.fuses = True

    def replays(self, field: DifferentiableField, y: Tensor) -> bool:
        """Whether evaluations at states like y should be recorded and replayed."""
        if y.device.type not in self.devices or self.graphs == "none" or y.numel() > SMALL:
            return False
        return repeats(field) or (self.graphs == "all" and isinstance(field, AutogradField))


CHOICE = Choice()


def allow(devices: Iterable[str] = ("cuda",), graphs: Graphs = "promised", fuses: bool = True) -> None:
    """Which kinds of devices solves may be resident on: none of them, with (). And what may be replayed there.

    Where it `fuses`, stages of small networks are one kernel each, if Triton is there and they prove right.
    Raises `ValueError` for other words.
    """
    if graphs not in get_args(Graphs):
        raise ValueError(f"graphs must be one of {', '.join(get_args(Graphs))}; got {graphs!r}.")
    if isinstance(devices, str):
        raise ValueError(f"devices must be some kinds of devices, as ('cuda',); got {devices!r}.")
    CHOICE.devices, CHOICE.graphs, CHOICE.fuses = frozenset(devices), graphs, fuses


class Fitting(NamedTuple):
    """A solve that can be resident: how its attempts are made, and the field that they evaluate."""

    method: RungeKutta
    rules: Rules
    evaluate: Evaluate


def fitting(plan: Plan, field: FlatField, y0: Tensor, stages: MakeStages) -> Fitting | None:
    """How the solve from the flat y0 can be resident; None where it goes the usual way."""
    method, controller = plan.method, plan.controller
    if y0.device.type not in CHOICE.devices or type(field) is not FlatField or stages is not StageBuffer:
        return None
    if plan.watch is not None or not isinstance(method, RungeKutta):
        return None
    if type(controller) not in (PIDController, FixedController) or _transformed(y0):
        return None
    measure, evaluate = device_measure(plan.tolerance, y0), evaluator(field)
    if measure is None or evaluate is None:
        return None
    return Fitting(method, Rules(method.tableau, size_rule(plan), measure), evaluate)


def _transformed(y0: Tensor) -> bool:
    """Whether tensors stand for something else, as inside vmap, which those that stay where they are cannot hold."""
    plain = type(y0) in (Tensor, torch.nn.Parameter) and y0.layout is torch.strided
    return not plain or torch._C._functorch.peek_interpreter_stack() is not None or forward_ad._current_level >= 0
