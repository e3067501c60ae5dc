"""Steps of an implicit Runge-Kutta method: block by block of its stages, each solved for by Newton's method."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from solver.coefficients import constant
from solver.field import FlatField
from solver.implicit.jacobians import Jacobians
from solver.implicit.newton import Iterated, Linearised, Newton
from solver.implicit.prediction import Prediction
from solver.implicit.sizes import ToRounding, WithinTolerance
from solver.implicit.stage_equations import StageEquations
from solver.implicit.stage_system import StageSystem
from solver.implicit.taped import attached
from solver.interpolation import Interpolant
from solver.method import ImplicitRungeKutta
from solver.stages import StageTape
from solver.step import MakeStages, Step
from solver.tableau import Row, padded
from solver.tolerance import Measure


class ImplicitRungeKuttaStepper:
    """Steps of an implicit Runge-Kutta method.

    Adaptive steps keep their Jacobian from step to step while Newton's method converges fast with it, and factorise
    the matrices that equal blocks share once a step (`measure` says how exact is enough). Fixed steps (no `measure`)
    take a new Jacobian in every iteration and solve to rounding, since they cannot try again with a smaller dt.

    The slopes of stages are what the method solves for, never f evaluated at their states, which would multiply the
    error that is left by the stiffness; that holds for the slope that is handed on to the next step, too.
    """

    def __init__(
        self, method: ImplicitRungeKutta, field: FlatField, stages: MakeStages, like: Tensor, measure: Measure | None
    ) -> None:
        self._tableau = tableau = method.tableau
        self._filter = method.filter
        self._field = field
        self._jacobians = Jacobians(field)
        self._stages = stages(tableau.stages, like)
        self._fixed = measure is None
        self._newton = Newton(ToRounding() if measure is None else WithinTolerance(measure), exact=self._fixed)
        self._interpolant = Interpolant(tableau.dense_rows, like)
        self._prediction = Prediction(tableau, like)
        self._dt = 0.0
        self._slope: Tensor | None = None  # f at the current point
        self._blocks: Tensor | None = None  # the Jacobian in use
        self._current = False  # whether it is the one at the current point
        self._slow = False
        self._systems: dict[tuple[Row, ...], StageSystem] = {}  # of the Jacobian and dt in use
        self._iterations = 0

    def start_from(self, slope: Tensor) -> None:
        self._slope = slope

    def first_slope(self, t: float, y: Tensor) -> Tensor:
        if self._slope is None:
            self._slope = self._field.evaluate(t, y)
        return self._slope

    def attempt(self, t: float, y: Tensor, dt: float) -> Step:
        self._iterations, self._dt = 0, dt
        self._systems.clear()
        solved = self._solve_stages(t, y, dt)
        if not solved and not self._current and not self._fixed:
            self._renewed_blocks(t, y)
            solved = self._solve_stages(t, y, dt)
        if not solved:
            self._newton.forget()
            nowhere = torch.full_like(y, torch.nan, requires_grad=False)
            return Step(nowhere, (nowhere,) * len(self._tableau.estimates), self._iterations, solved=False)
        y1 = self._stages.step(y, constant(self._tableau.b, y), dt)
        return Step(y1, self._errors(y, dt), self._iterations)

    def outputs(self, t: float, y: Tensor, dt: float, thetas: Sequence[float]) -> Tensor:
        return self._stages.rows(y, self._interpolant.weights(thetas), dt)

    def slopes(self) -> Tensor | None:
        return self._stages.first(self._tableau.stages)

    def accept(self) -> None:
        handed_on = self._tableau.handed_on
        self._slope = None if handed_on is None else self._stages.get(handed_on).clone()
        self._prediction.remember(self._stages.first(self._tableau.stages), self._dt)
        self._current = False
        if self._slow:
            self._blocks = None

    def _solve_stages(self, t: float, y: Tensor, dt: float) -> bool:
        """Find the slopes of all stages; False where Newton's method does not."""
        self._slow = False
        for block in self._tableau.blocks:
            if not self._tableau.implicit(block.start):
                self._stages.put(block.start, self._explicit_slope(block.start, t, y, dt))
                continue
            equations = self._equations(block, t, y, dt)
            found = self._solve_block(block, equations.constant(), t, y)
            self._iterations += found.iterations
            self._slow |= found.slow
            if not found.solved:
                return False
            slopes = found.slopes
            if isinstance(self._stages, StageTape):
                slopes = attached(equations, slopes, self._field, self._jacobians)
            for stage, slope in zip(block, slopes.unbind(), strict=True):
                self._stages.put(stage, slope)
        return True

    def _explicit_slope(self, stage: int, t: float, y: Tensor, dt: float) -> Tensor:
        if stage == 0:
            return self.first_slope(t, y)
        at = self._stages.step(y, constant(self._tableau.a[stage], y), dt)
        return self._field.evaluate(t + self._tableau.c[stage] * dt, at)

    def _equations(self, block: range, t: float, y: Tensor, dt: float) -> StageEquations:
        tableau = self._tableau
        rows = [tableau.a[stage] for stage in block]
        bases = [self._stages.step(y, constant(row[: block.start], y), dt) if block.start else y for row in rows]
        times = tuple(t + tableau.c[stage] * dt for stage in block)
        return StageEquations(times, torch.stack(bases), constant(self._coupling(block), y), dt)

    def _coupling(self, block: range) -> tuple[Row, ...]:
        rows = (self._tableau.a[stage][block.start : block.stop] for stage in block)
        return tuple(padded(row, len(block)) for row in rows)

    def _solve_block(self, block: range, equations: StageEquations, t: float, y: Tensor) -> Iterated:
        with torch.no_grad():
            guess = self._guess(block, t, y)
            if self._fixed:
                found = self._newton.solve(equations, guess, partial(self._linearised_anew, equations))
                if found.solved:
                    return found
                # away from a stiff field's slow solution slopes say little about where a step ends; staying is nearer
                return self._newton.solve(equations, torch.zeros_like(guess), partial(self._linearised_anew, equations))
            blocks = self._renewed_blocks(t, y) if self._blocks is None else self._blocks
            system = self._system(self._coupling(block), blocks, equations.dt)
            return self._newton.solve(
                equations, guess, lambda slopes: Linearised(equations.values(self._field, slopes), system)
            )

    def _guess(self, block: range, t: float, y: Tensor) -> Tensor:
        # of steps that no error controls, the last one may be too far from smooth to be continued
        predicted = None if self._fixed else self._prediction.of(block, self._dt)
        if predicted is not None:
            return predicted
        before = self._stages.get(block.start - 1) if block.start else self.first_slope(t, y)
        return before.detach().expand(len(block), -1)

    def _linearised_anew(self, equations: StageEquations, slopes: Tensor) -> Linearised:
        states = equations.states(slopes).unbind()
        found = [self._jacobians.with_value(t, y) for t, y in zip(equations.times, states, strict=True)]
        self._blocks = found[-1].blocks
        system = StageSystem(equations.a, equations.dt, torch.stack([each.blocks for each in found]))
        return Linearised(torch.stack([each.dy for each in found]), system)

    def _renewed_blocks(self, t: float, y: Tensor) -> Tensor:
        self._systems.clear()
        self._blocks = self._jacobians.blocks(t, y.detach())
        self._current = True
        return self._blocks

    def _system(self, coupling: tuple[Row, ...], blocks: Tensor, dt: float) -> StageSystem:
        """The system of stages that depend on one another like this, made once for all blocks that do."""
        if coupling not in self._systems:
            self._systems[coupling] = StageSystem(constant(coupling, blocks), dt, blocks[None])
        return self._systems[coupling]

    def _errors(self, y: Tensor, dt: float) -> tuple[Tensor, ...]:
        errors = tuple(self._stages.total(constant(each.weights, y)) for each in self._tableau.estimates)
        if self._filter is None or self._blocks is None:
            return errors
        with torch.no_grad():
            system = self._system(((self._filter,),), self._blocks, dt)
            return tuple(system.solve(error[None])[0] for error in errors)
