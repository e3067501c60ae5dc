"""Forward: sensitivities to y0 and the parameters are pushed along with the state; backward only contracts them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from solver import gradient_modes
from solver.field import AutogradField, FlatField
from solver.gradients.once import once, through
from solver.gradients.parts import EveryPart, LeadingPart, LeadingWatch
from solver.gradients.problem import Outcome, Problem
from solver.gradients.tangents import TangentField
from solver.method import ImplicitRungeKutta
from solver.plan import Plan


@dataclass(frozen=True)
class Forward:
    """The gradient of the discrete solve, from tangents that go through the very steps that the state takes.

    There is a direction for every entry of the parameters, and, where y0 requires grad, for every entry of y0, or of
    one row of it where the field is rowwise. The tangents have no say in the step size, but for implicit methods, where
    they must be solved for, too. Backward evaluates nothing.
    """

    name: str = gradient_modes.FORWARD.name
    sentence: str = gradient_modes.FORWARD.sentence

    def solve(self, problem: Problem) -> Outcome:
        field = problem.flat(problem.field)
        slope = problem.first_slope(field)
        if not problem.needs_gradient:
            return problem.outcome(problem.integrate(field, problem.y0.reshape(-1), first_slope=slope))
        tape = _callable(problem)
        starts = _start_directions(problem)
        directions = len(starts) + sum(parameter.numel() for parameter in tape.parameters())
        _refuse_many(directions)
        problem.stats.nfe_forward += field.evaluations
        with torch.no_grad():
            rest = starts.new_zeros(directions - len(starts), *problem.y0.shape)
            z0 = torch.cat((problem.y0.detach()[None], starts, rest))
            plan = _steered_by_state(problem.plan, problem.y0.numel())
            augmented = FlatField(TangentField(tape, directions, problem.y0.shape), z0.shape)
            found = replace(problem, plan=plan).integrate(augmented, z0.reshape(-1))
        states = found.ys.view(len(found.ys), 1 + directions, -1)
        valid = states[: found.reached + 1, 1:]
        ys = _Contract.apply(states[:, 0], valid, len(starts), problem.y0, *tape.parameters())
        return problem.outcome(found, ys)


class _Contract(torch.autograd.Function):
    """ys as they are, with the gradient that the tangents (rows, directions, entries) of the first rows say."""

    @staticmethod
    def forward(ctx: Any, ys: Tensor, tangents: Tensor, starts: int, y0: Tensor, *parameters: Tensor) -> Tensor:
        ctx.save_for_backward(tangents, *parameters)  # so that a change to them before backward is noticed
        ctx.starts, ctx.y0 = starts, y0
        return ys.contiguous()

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor) -> tuple[Tensor | None, ...]:
        (tangents, *parameters), shape = ctx.saved_tensors, ctx.y0.shape
        rows = cotangents[0].detach()[: len(tangents)]
        onto_start = None
        if ctx.starts:
            # of directions within a row, each row's own share; of those of the whole state there is one "row"
            samples = shape.numel() // ctx.starts
            split = tangents[:, : ctx.starts].reshape(len(tangents), ctx.starts, samples, -1)
            onto_start = torch.einsum("tsn,tdsn->sd", rows.view(len(rows), samples, -1), split).reshape(shape)
        onto_parameters = torch.einsum("tn,tdn->d", rows, tangents[:, ctx.starts :])
        parts = onto_parameters.split([parameter.numel() for parameter in parameters])
        shaped = [part.view_as(parameter) for part, parameter in zip(parts, parameters, strict=True)]
        sources = (ctx.y0, *parameters, *cotangents)
        return None, None, None, *once((onto_start, *shaped), sources, through(Forward.name))


def _steered_by_state(plan: Plan, entries: int) -> Plan:
    """The plan for a state of so many entries that is followed by its tangents."""
    watch = None if plan.watch is None else LeadingWatch(plan.watch, entries)
    if isinstance(plan.method, ImplicitRungeKutta):  # Newton's iterations must go on until the tangents are there too
        return replace(plan, tolerance=EveryPart(plan.tolerance, entries), watch=watch)
    return replace(plan, tolerance=LeadingPart(plan.tolerance, entries), watch=watch)


def _callable(problem: Problem) -> AutogradField:
    if not isinstance(problem.tape, AutogradField):
        raise ValueError(
            'gradient="forward" differentiates the field\'s own operations: make it callable as field(t, y), '
            'or use gradient="checkpointed".'
        )
    return problem.tape


def _start_directions(problem: Problem) -> Tensor:
    """The tangents of y0 (directions, *y0.shape): none, one for each entry of all rows, or one for each entry."""
    y0 = problem.y0.detach()
    if not problem.y0.requires_grad:
        return y0.new_zeros(0, *y0.shape)
    if problem.rows is not None and y0.dim():
        units = torch.eye(y0.shape[-1], dtype=y0.dtype, device=y0.device)
        return units.view(-1, *(1,) * (y0.dim() - 1), y0.shape[-1]).expand(-1, *y0.shape)
    _refuse_many(y0.numel())
    return torch.eye(y0.numel(), dtype=y0.dtype, device=y0.device).view(-1, *y0.shape)


def _refuse_many(directions: int) -> None:
    most = gradient_modes.MOST_DIRECTIONS
    if directions > most:
        raise ValueError(
            f'gradient="forward" pushes a tangent along for every entry of y0 and the parameters, here {directions}; '
            f'{most} is the most. Use gradient="checkpointed", freeze what needs no gradient, or, for y0, '
            "say rowwise=True where the field treats every row by itself."
        )
