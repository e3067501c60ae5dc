"""Backsolve: the paper's adjoint, a second differential equation solved back in time, in memory that does not grow.

Source: Chen, Rubanova, Bettencourt, Duvenaud, Neural Ordinary Differential Equations (2018), algorithm 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any

import torch
from torch import Tensor

from solver import gradient_modes
from solver.field import FlatField, Pullback
from solver.gradients.once import once, through
from solver.gradients.parts import WithRest, strictest
from solver.gradients.problem import Outcome, Problem
from solver.gradients.recorded import Recording, recorded
from solver.implicit.jacobians import Jacobians
from solver.integrate import integrate
from solver.method import Symplectic
from solver.plan import Plan
from solver.solution import Status
from solver.stages import StageBuffer
from solver.trajectory import Trajectory

AdjointPlan = Callable[[Problem, Sequence[float]], Plan]
"""How to integrate (y, a, dL/dθ), flat, back from one output time to another."""


@dataclass(frozen=True)
class Backsolve:
    """The gradient of the exact solution, approximately: keeps nothing but the saved states.

    Between output times (y, a, dL/dθ) is integrated backwards, starting from the saved y; the step size carries over
    from one interval to the next. The error of dL/dθ, a mere quadrature, does not steer it (the seminorm), unless
    `full_norm`: then each of (y, a) and dL/dθ keeps the tolerance. Where the field is hard to run backwards the
    gradient is wrong: look at `stats.drift`, which is infinite where the way back was not found. Source of the
    seminorm: Kidger, Chen, Lyons, "Hey, that's not an ODE": Faster ODE Adjoints via Seminorms (2021). `adjoint_plan`
    says how to integrate back, where that is to be unlike the forward pass in more than this. `instead` is what the
    caller should use for second derivatives.
    """

    name: str = gradient_modes.BACKSOLVE.name
    sentence: str = gradient_modes.BACKSOLVE.sentence
    full_norm: bool = False
    adjoint_plan: AdjointPlan | None = None
    instead: str = 'gradient="direct"'

    def solve(self, problem: Problem) -> Outcome:
        return recorded(problem, problem.flat(problem.field), _Backsolve, self)


class _Backsolve(torch.autograd.Function):
    """ys = solve(y0, parameters), for `recorded`."""

    @staticmethod
    def forward(ctx: Any, recording: Recording, mode: Backsolve, y0: Tensor, *parameters: Tensor) -> Tensor:
        trajectory = recording.integrate(y0.detach().reshape(-1))
        ctx.save_for_backward(trajectory.ys, *parameters)
        ctx.problem, ctx.mode, ctx.times, ctx.reached = recording.problem, mode, trajectory.times, trajectory.reached
        return trajectory.ys

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor) -> tuple[Tensor | None, ...]:
        problem, mode, (ys, *parameters) = ctx.problem, ctx.mode, ctx.saved_tensors
        with torch.no_grad():
            rows = cotangents[0].flatten(1)
            gradients = BackwardSolve(problem, mode, ctx.times, ys, parameters).run(rows, ctx.reached)
        shapes = (problem.y0.shape, *(parameter.shape for parameter in parameters))
        shaped = (x.view(shape) for x, shape in zip(gradients, shapes, strict=True))
        return None, None, *once(shaped, (problem.y0, *parameters, *cotangents), through(mode.name, mode.instead))


class AugmentedField:
    """d/dt of (y, a, dL/dθ), flat: the field, and how the adjoint a and the parameters' gradient change."""

    def __init__(self, field: FlatField, entries: int, parameters: Sequence[Tensor]) -> None:
        self._field = field
        self._jacobians = Jacobians(field)
        self._entries = entries
        self._parameters = parameters

    def evaluate(self, t: float, z: Tensor) -> Tensor:
        dy, pullback = self._field.linearise(t, z[: self._entries])
        gradients = pullback(-z[self._entries : 2 * self._entries])
        da = torch.zeros_like(dy) if gradients.y is None else gradients.y
        return torch.cat((dy, da, *map(_flat, gradients.parameters, self._parameters)))

    def blocks(self, t: float, z: Tensor) -> Tensor:
        """The Jacobians of y' in y and a' in a. How a' and the quadrature depend on y is left to Newton's iterations,
        which see y settle first: what is left out is strictly triangular.
        """
        jacobians = self._jacobians.blocks(t, z[: self._entries])
        return torch.cat((jacobians, -jacobians.mT))

    def linearise(self, t: float, z: Tensor) -> tuple[Tensor, Pullback]:
        raise NotImplementedError("The adjoint equation is integrated only, never differentiated.")

    def parameters(self) -> Sequence[Tensor]:
        return ()


class BackwardSolve:
    """The augmented equation, from the last reached output time back to the first."""

    def __init__(
        self, problem: Problem, mode: Backsolve, times: Sequence[float], ys: Tensor, parameters: Sequence[Tensor]
    ) -> None:
        self._problem, self._mode = problem, mode
        self._dt: float | None = None  # what the last interval ended with
        self._times = times
        self._ys = ys
        self._entries = ys.shape[1]
        self._sizes = [self._entries, *(parameter.numel() for parameter in parameters)]
        self._field = problem.flat(problem.field)
        self._augmented = AugmentedField(self._field, self._entries, parameters)
        method = problem.plan.method
        if isinstance(method, Symplectic):  # (y, a, dL/dθ) has no halves q and p
            method = method.companion
        tolerance = problem.plan.tolerance.of_adjoint(self._entries)
        if mode.full_norm and parameters:
            tolerance = WithRest(tolerance, strictest(problem.plan.tolerance), 2 * self._entries)
        self._plan = replace(problem.plan, method=method, tolerance=tolerance, watch=None)

    def run(self, rows: Tensor, reached: int) -> tuple[Tensor, ...]:
        """Cotangents of the saved states -> those of y0 and the parameters, all flat; NaN if the solve fails."""
        adjoint = rows[reached]
        quadrature = rows.new_zeros(sum(self._sizes[1:]))
        drift, status = 0.0, Status.success
        for row in range(reached, 0, -1):
            found = self._interval(row, torch.cat((self._ys[row], adjoint, quadrature)))
            status = found.status
            y, adjoint, quadrature = found.ys[-1].split((self._entries, self._entries, len(quadrature)))
            if not status.ok:
                drift = inf
                break
            drift = max(drift, (y - self._ys[row - 1]).abs().max().item())
            adjoint = adjoint + rows[row - 1]
        stats = self._problem.stats
        stats.nfe_backward += self._field.evaluations
        stats.jacobians_backward += self._field.jacobians
        stats.drift = max(drift, stats.drift or 0.0)  # the largest of all pieces of a solve in pieces
        if stats.backward_status is None or stats.backward_status.ok:
            stats.backward_status = status
        return tuple(torch.cat((adjoint, quadrature)).split(self._sizes))

    def _interval(self, row: int, z: Tensor) -> Trajectory:
        """From output time `row` to the one before it, with the step size that the last interval ended with."""
        times = (self._times[row], self._times[row - 1])
        plan = self._plan if self._mode.adjoint_plan is None else self._mode.adjoint_plan(self._problem, times)
        if plan.controller.adaptive and self._dt is not None:
            plan = replace(plan, dt=self._dt)
        found = integrate(plan, FlatField(self._augmented, z.shape), z, times, StageBuffer)
        if found.steps:
            self._dt = found.dt_next
        return found


def _flat(cotangent: Tensor | None, parameter: Tensor) -> Tensor:
    return parameter.new_zeros(parameter.numel()) if cotangent is None else cotangent.reshape(-1)
