"""The stages of one attempt of every row, and what follows from them: explicit ones, or such as are solved for."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from solver.coefficients import constant
from solver.method import ImplicitRungeKutta
from solver.per_sample.field import SampleField
from solver.per_sample.newton import RowEquations, RowSystem, solve_rows
from solver.per_sample.under_way import SamplePlan
from solver.tableau import padded


class Attempted(NamedTuple):
    """Where attempts are made: times (stages, rows) of stages, signed sizes and states (rows, entries), and whose."""

    times: Tensor
    dt: Tensor
    y: Tensor
    sample: Tensor


class Advanced(NamedTuple):
    """Where attempts end, and their error estimates, divided by dt.

    Where stages are solved for, also the rows in which that failed, and how many evaluations each row took.
    """

    y1: Tensor
    errors: list[Tensor]
    unsolved: Tensor | None = None
    evaluations: Tensor | None = None


class StageRows:
    """Slopes (stages, attempts, rows, entries) in one buffer, so that a combination is one matrix-vector product."""

    def __init__(self, stages: int, attempts: int, like: Tensor) -> None:
        self.buffer = like.new_empty(stages, attempts, *like.shape)
        self._slots = [matrix.unbind() for matrix in self.buffer.unbind(1)]
        self._leading: list[list[Tensor]] = []

    def of(self, attempt: int) -> tuple[Tensor, ...]:
        """The attempt's stages, to be written to."""
        return self._slots[attempt]

    def total(self, attempt: int, weights: tuple[float, ...]) -> Tensor:
        """Σ weights_i k_i over the attempt's first stages."""
        while len(self._leading) <= attempt:
            flat = self.buffer[:, len(self._leading)].flatten(1)
            self._leading.append([flat[:count].t() for count in range(len(flat) + 1)])
        leading = self._leading[attempt][len(weights)]
        return torch.mv(leading, constant(weights, self.buffer)).view_as(self._slots[attempt][0])


class Advance(Protocol):
    """Makes the stages of attempts. The first one is there already, where `knows_slope` or the method hands it on."""

    def __call__(self, stages: StageRows, attempt: int, at: Attempted, knows_slope: bool) -> Advanced: ...


class Explicitly:
    """Every stage follows from those before it."""

    def __init__(self, plan: SamplePlan, field: SampleField) -> None:
        self._tableau, self._field = plan.tableau, field

    def __call__(self, stages: StageRows, attempt: int, at: Attempted, knows_slope: bool) -> Advanced:
        tableau, field, slots = self._tableau, self._field, stages.of(attempt)
        moments = field.moments(at.times, at.y).unbind()
        if not (tableau.fsal or knows_slope):
            slots[0].copy_(field.evaluate_filled(moments[0], at.y, at.sample))
        state = at.y
        for stage in range(1, tableau.stages):
            state = torch.addcmul(at.y, at.dt, stages.total(attempt, tableau.a[stage]))
            slots[stage].copy_(field.evaluate_filled(moments[stage], state, at.sample))
        y1 = state if tableau.fsal else torch.addcmul(at.y, at.dt, stages.total(attempt, tableau.b))
        return Advanced(y1, [stages.total(attempt, estimate.weights) for estimate in tableau.estimates])


class BySolving:
    """Every block of stages is solved for by Newton's method, each row by itself, with one Jacobian an attempt.

    As `solver.implicit.stepper` has it: slopes are what is solved for, never f evaluated at the stages' states.
    """

    def __init__(self, plan: SamplePlan, field: SampleField, method: ImplicitRungeKutta) -> None:
        self._tolerance, self._field, self._method = plan.tolerance, field, method

    def __call__(self, stages: StageRows, attempt: int, at: Attempted, knows_slope: bool) -> Advanced:
        tableau, slots = self._method.tableau, stages.of(attempt)
        jacobian = self._field.jacobians(at.times[0], at.y, at.sample).unsqueeze(0)
        evaluations = torch.ones_like(at.sample)
        solved = torch.ones_like(at.sample, dtype=torch.bool)
        systems: dict[tuple[tuple[float, ...], ...], RowSystem] = {}
        for block in tableau.blocks[1:]:
            start = block.start
            coupling = tuple(padded(tableau.a[stage][start : block.stop], len(block)) for stage in block)
            if coupling not in systems:
                systems[coupling] = RowSystem(constant(coupling, at.y), at.dt, jacobian)
            bases = [torch.addcmul(at.y, at.dt, stages.total(attempt, tableau.a[stage][:start])) for stage in block]
            times, a = at.times[start : block.stop], constant(coupling, at.y)
            equations = RowEquations(self._field, times, torch.stack(bases), a, at.dt, at.sample)
            guess = slots[start - 1].expand(len(block), -1, -1)
            found = solve_rows(equations, guess, systems[coupling], self._tolerance)
            for stage, slope in zip(block, found.slopes.unbind(), strict=True):
                slots[stage].copy_(slope)
            solved, evaluations = solved & found.solved, evaluations + len(block) * found.iterations
        y1 = torch.addcmul(at.y, at.dt, stages.total(attempt, tableau.b))
        errors = [stages.total(attempt, estimate.weights) for estimate in tableau.estimates]
        if self._method.filter is not None:
            system = RowSystem(constant(((self._method.filter,),), at.y), at.dt, jacobian)
            errors = [system.solve(error.unsqueeze(0))[0] for error in errors]
        return Advanced(y1, errors, ~solved, evaluations)
