"""Which solves the kernel can make: an explicit Runge-Kutta method, a network, numbers on the CPU, nothing special."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from solver.controllers import FixedController, PIDController
from solver.field import AutogradField, Field
from solver.gradients import GRADIENTS
from solver.gradients.checkpointed import Checkpointed
from solver.gradients.problem import Gradient, Problem
from solver.method import RungeKutta
from solver.native.description import DescribesItself, NativeField, describes_itself
from solver.native.library import KERNELS
from solver.native.observing import observed
from solver.native.recognising import NotUnderstoodError, Recognised, recognise
from solver.native.rules import MOST_STAGES, norm_code

MANY_THREADS = 4
MUCH_WORK = 2e7
"""The kernel is one thread's, and there three to six times as fast as torch. Where an evaluation has so many
multiplications (4096 rows through 2-64-64-2) that threads share them well, four of them and more are taken to be ahead.
"""


class Fitting(NamedTuple):
    """The field as the kernel takes it. Its weights are in the graph exactly where their gradient is asked for.

    A field that does not describe itself was `recognised`, and the kernel is to be compared with it: `original`.
    """

    field: NativeField
    original: Field | None = None
    recognised: Recognised | None = None

    @property
    def weights(self) -> tuple[Tensor, ...]:
        """The tensors that the gradient is for."""
        return (self.field.theta,) if self.recognised is None else self.recognised.parameters

    def cotangents(self, flat: Tensor) -> tuple[Tensor, ...]:
        """Those of `weights`, from that of the flat weights."""
        return (flat,) if self.recognised is None else self.recognised.cotangents(flat)


def fitting_field(problem: Problem, way: Gradient) -> Fitting | None:
    """The problem's field as the kernel takes it, where the kernel can solve the whole problem; else None."""
    if describes_itself(problem.field):
        return _described(problem, problem.field) if _fits(problem, way) else None
    if isinstance(problem.field, AutogradField) and KERNELS.recognising and _fits(problem, way):
        return _recognised(problem, problem.field.function)
    return None


def _described(problem: Problem, described: DescribesItself) -> Fitting | None:
    field = described.native()
    if field is None or not _agrees(field, problem):
        return None
    theta = field.theta
    others = [parameter for parameter in problem.parameters if parameter is not theta]
    if any(parameter.requires_grad for parameter in others):
        return None
    learnt = len(others) < len(problem.parameters)
    return Fitting(field if learnt else field._replace(theta=theta.detach()))


def _recognised(problem: Problem, function: Field) -> Fitting | None:
    try:
        recognised = recognise(function, problem.parameters, problem.times[0], problem.y0)
    except NotUnderstoodError:
        return None
    field = recognised.field
    return Fitting(field, function, recognised) if _agrees(field, problem) else None


def _fits(problem: Problem, way: Gradient) -> bool:
    """Whether all but the field is what the kernel knows."""
    plan, y0 = problem.plan, problem.y0
    return (
        y0.device.type == "cpu"
        and y0.layout is torch.strided
        and plan.watch is None
        and not plan.forced_times
        and isinstance(plan.method, RungeKutta)
        and len(plan.method.tableau.all_c) <= MOST_STAGES
        and type(plan.controller) in (PIDController, FixedController)
        and norm_code(plan.tolerance, y0) is not None
        and (type(way) is Checkpointed or (not torch.is_grad_enabled() and way in GRADIENTS))
        and not observed(y0)
    )


def _agrees(field: NativeField, problem: Problem) -> bool:
    """Whether weights and state are of one kind, sizes fit, and one thread is not behind many."""
    theta, y0, network, clocks = field.theta, problem.y0, field.network, field.clocks
    if not _like(theta, y0) or y0.dim() == 0 or y0.shape[-1] != network.entries:
        return False
    if clocks is not None:
        rows = y0.numel() // y0.shape[-1]
        if network.making is not None or not _like(clocks, y0) or clocks.numel() != rows or clocks.requires_grad:
            return False
    work = y0.numel() // y0.shape[-1] * network.multiplications
    return not (work > MUCH_WORK and torch.get_num_threads() >= MANY_THREADS)


def _like(tensor: Tensor, y0: Tensor) -> bool:
    return tensor.dtype == y0.dtype and tensor.device == y0.device and tensor.is_contiguous()
