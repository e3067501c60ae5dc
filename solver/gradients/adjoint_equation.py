"""The adjoint equation a' = -Jᵀ a along a solution that was kept, solved back in time with what saved states add to a.

Source of the idea: Rackauckas et al., Universal Differential Equations for Scientific Machine Learning (2020), and
the adjoints of SUNDIALS (Serban, Hindmarsh, CVODES, 2005), which keep the forward solution in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from solver.field import DifferentiableField, FlatField, Pullback
from solver.gradients.kept_solution import KeptSolution
from solver.gradients.once import once, through
from solver.gradients.parts import LeadingPart
from solver.gradients.problem import Outcome, Problem
from solver.gradients.recorded import Recording, recorded
from solver.implicit.jacobians import Jacobians
from solver.integrate import integrate
from solver.method import Symplectic
from solver.plan import Plan
from solver.solution import Status
from solver.stages import StageBuffer
from solver.trajectory import Trajectory
from solver.watch import Watch


class ForwardPass(NamedTuple):
    """A forward pass, as its adjoint needs it: its output times up to the last it reached, and the solution.

    `dt_next` is the step size, positive, that it ended with.
    """

    problem: Problem
    times: Sequence[float]
    solution: KeptSolution
    dt_next: float


class Cotangents(NamedTuple):
    """Cotangents of y0, flat, and of the parameters, in any shape of the right size."""

    y0: Tensor
    parameters: Sequence[Tensor]


class Adjoint(NamedTuple):
    """(a, dL/dθ) at the first time, flat, and how the solve for it ended: NaN unless that is a success."""

    z: Tensor
    status: Status


class AdjointMode(Protocol):
    """A way to differentiate along a kept solution."""

    @property
    def name(self) -> str: ...

    def pull_back(self, forward: ForwardPass, rows: Tensor, parameters: Sequence[Tensor]) -> Cotangents:
        """Cotangents (times, entries) of the saved states -> those of y0 and the parameters; NaN if the solve fails."""
        ...


def solve_keeping_solution(problem: Problem, mode: AdjointMode) -> Outcome:
    """Integrate such that `mode` pulls cotangents back along the solution."""
    return recorded(problem, problem.flat(problem.field), _AlongSolution, mode)


class _AlongSolution(torch.autograd.Function):
    """ys = solve(y0, parameters), for `recorded`."""

    @staticmethod
    def forward(ctx: Any, recording: Recording, mode: AdjointMode, y0: Tensor, *parameters: Tensor) -> Tensor:
        problem = recording.problem
        solution = KeptSolution(problem.plan.method, problem.plan.watch)
        start = y0.detach().clone().reshape(-1)  # kept, and the caller may change y0
        trajectory = recording.integrate(start, problem.watched(solution))
        ctx.save_for_backward(*parameters)  # so that a change to them before backward is noticed
        ctx.mode = mode
        ctx.forward = ForwardPass(problem, trajectory.times[: trajectory.reached + 1], solution, trajectory.dt_next)
        return trajectory.ys

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor) -> tuple[Tensor | None, ...]:
        mode, parameters = ctx.mode, ctx.saved_tensors
        with torch.no_grad():
            rows = cotangents[0][: len(ctx.forward.times)]
            found = mode.pull_back(ctx.forward, rows, parameters)
        shaped = [x.view_as(parameter) for x, parameter in zip(found.parameters, parameters, strict=True)]
        y0 = ctx.forward.problem.y0
        sources = (y0, *parameters, *cotangents)
        return None, None, *once((found.y0.view(y0.shape), *shaped), sources, through(mode.name))


class AdjointEquation:
    """d/dt of (a, dL/dθ), flat, along a kept solution. dL/dθ is that of the given parameters, which may be none."""

    def __init__(self, field: FlatField, solution: KeptSolution, entries: int, parameters: Sequence[Tensor]) -> None:
        self._field = field
        self._jacobians = Jacobians(field)
        self._solution = solution
        self._entries = entries
        self._parameters = parameters

    def evaluate(self, t: float, z: Tensor) -> Tensor:
        adjoint = z[: self._entries]
        gradients = self._field.linearise(t, self._solution.at(t)).pullback(-adjoint)
        change = torch.zeros_like(adjoint) if gradients.y is None else gradients.y
        if not self._parameters:
            return change
        pairs = zip(gradients.parameters, self._parameters, strict=True)
        return torch.cat((change, *(x.new_zeros(x.numel()) if g is None else g.reshape(-1) for g, x in pairs)))

    def blocks(self, t: float, z: Tensor) -> Tensor:
        """The Jacobian of a' in a, for implicit methods; that dL/dθ depends on a is strictly triangular."""
        return -self._jacobians.blocks(t, self._solution.at(t)).mT

    def linearise(self, t: float, z: Tensor) -> tuple[Tensor, Pullback]:
        raise NotImplementedError("The adjoint equation is integrated only, never differentiated.")

    def parameters(self) -> Sequence[Tensor]:
        return ()


class AdjointSolve:
    """Solves the adjoint equation from the last reached output time back to the first.

    The equation is linear, and solved in units of the largest cotangent: atol means the same for a loss of any size.
    The step size starts as the forward pass ended and carries over from one interval to the next; dL/dθ, a mere
    quadrature, does not steer it.
    """

    def __init__(
        self,
        forward: ForwardPass,
        field: DifferentiableField,
        parameters: Sequence[Tensor] = (),
        watch: Watch | None = None,
    ) -> None:
        self._forward = forward
        problem = forward.problem
        self._entries = problem.y0.numel()
        self._field = problem.flat(field)
        self._equation = AdjointEquation(self._field, forward.solution, self._entries, parameters)
        self._size = self._entries + sum(parameter.numel() for parameter in parameters)
        self._plan = self._backward_plan(problem.plan, watch)

    def run(self, rows: Tensor) -> Adjoint:
        """Cotangents (times, entries) of the saved states -> the adjoint, in units of `unit(rows)`."""
        rows = rows / unit(rows)
        z, status = rows.new_zeros(self._size), Status.success
        for row in range(len(rows) - 1, 0, -1):
            z[: self._entries] += rows[row]
            found = self._interval(row, z)
            z, status = found.ys[-1].clone(), found.status
            if not status.ok:
                break
        z[: self._entries] += rows[0]
        stats = self._forward.problem.stats
        stats.nfe_backward += self._field.evaluations
        stats.jacobians_backward += self._field.jacobians
        if stats.backward_status is None or stats.backward_status.ok:
            stats.backward_status = status
        return Adjoint(z, status)

    def _backward_plan(self, plan: Plan, watch: Watch | None) -> Plan:
        dt = self._forward.dt_next if plan.controller.adaptive and self._forward.dt_next > 0.0 else plan.dt
        # (a, dL/dθ) has no halves q and p
        method = plan.method.companion if isinstance(plan.method, Symplectic) else plan.method
        tolerance = LeadingPart(plan.tolerance, self._entries)
        return replace(plan, method=method, tolerance=tolerance, dt=dt, watch=watch)

    def _interval(self, row: int, z: Tensor) -> Trajectory:
        """From output time `row` to the one before it."""
        times = (self._forward.times[row], self._forward.times[row - 1])
        found = integrate(self._plan, FlatField(self._equation, z.shape), z, times, StageBuffer)
        if self._plan.controller.adaptive and found.steps:
            self._plan = replace(self._plan, dt=found.dt_next)
        return found


def unit(rows: Tensor) -> float:
    """The size of the largest cotangent, or 1 where all are zero."""
    return rows.abs().max().item() or 1.0
