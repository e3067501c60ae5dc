"""Gradients of what scipy solved: the adjoint equation, integrated back by a method of this package."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from solver.gradients.backsolve import AdjointPlan, Backsolve, BackwardSolve
from solver.gradients.once import once, through
from solver.gradients.problem import Problem
from solver.gradients.times import shift_outputs, shift_start
from solver.solution import Stats
from solver.torchdiffeq.request import Request
from solver.torchdiffeq.scipy_solver import scipy_rows
from solver.torchdiffeq.states import State


def solve_with_scipy_adjoint(asked: Request, problem: Problem, adjoint_plan: AdjointPlan) -> State:
    """The states at the asked times, with gradients to y0, t and the parameters of the problem's field."""
    moving_times = asked.t.requires_grad and torch.is_grad_enabled()
    if moving_times:
        problem = replace(problem, y0=shift_start(problem, asked.t))
    mode = Backsolve(adjoint_plan=adjoint_plan, instead="odeint with another method")
    ys: Tensor = _ScipyAdjoint.apply(asked, problem, mode, problem.y0, *problem.parameters)
    if moving_times:
        ys = shift_outputs(problem, ys, asked.t, len(ys) - 1)
    return asked.states.unpacked(ys)


def problem_of(asked: Request, field: Any, adjoint_plan: AdjointPlan) -> Problem:
    """The request as a problem for the adjoint equation; scipy makes the forward pass."""
    times = asked.t.detach().double().tolist()
    y0 = asked.states.packed(asked.y0)
    blank: Any = None  # a plan is made from the problem, whose own is that plan
    problem = Problem(field, field, None, y0, times, blank, Stats())
    return replace(problem, plan=adjoint_plan(problem, (times[-1], times[0])))


class _ScipyAdjoint(torch.autograd.Function):
    """ys = scipy(y0, parameters)."""

    @staticmethod
    def forward(ctx: Any, asked: Request, problem: Problem, mode: Backsolve, y0: Tensor, *parameters: Tensor) -> Tensor:
        ys = scipy_rows(asked, problem.field)
        ctx.problem, ctx.mode = problem, mode
        ctx.save_for_backward(ys, *parameters)
        return ys

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor) -> tuple[Tensor | None, ...]:
        problem, mode, (ys, *parameters) = ctx.problem, ctx.mode, ctx.saved_tensors
        with torch.no_grad():
            backward = BackwardSolve(problem, mode, problem.times, ys.reshape(len(ys), -1), parameters)
            found = backward.run(cotangents[0].reshape(len(ys), -1), len(ys) - 1)
        shapes = (problem.y0.shape, *(parameter.shape for parameter in parameters))
        shaped = (x.view(shape) for x, shape in zip(found, shapes, strict=True))
        sources = (problem.y0, *parameters, *cotangents)
        return None, None, None, *once(shaped, sources, through(mode.name, mode.instead))
