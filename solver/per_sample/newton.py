"""Newton's method for the stages of many rows at once, each converging for itself: `solver.implicit` for tensors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from solver.implicit.newton import MOST_ITERATIONS
from solver.implicit.sizes import ROUNDINGS, SHARE
from solver.per_sample.control import SampleTolerance
from solver.per_sample.field import SampleField


class RowSystem:
    """The matrices (rows, stages · entries, …) with blocks δ_ij I - dt a_ij J_i, LU-factorised.

    `a` is (stages, stages), dt (rows, entries), and `jacobians` (stages, rows, entries, entries), or (1, …) for all
    alike. A singular matrix gives solutions that are not finite.
    """

    def __init__(self, a: Tensor, dt: Tensor, jacobians: Tensor) -> None:
        stages, (rows, entries) = len(a), jacobians.shape[1:3]
        coupling: Tensor = torch.einsum("ij,inpq->nipjq", -a, jacobians.expand(stages, -1, -1, -1))
        matrix = coupling.reshape(rows, stages * entries, -1) * dt[:, :1].unsqueeze(2)
        matrix.diagonal(dim1=-2, dim2=-1).add_(1.0)
        self._lu, self._pivots, _ = torch.linalg.lu_factor_ex(matrix)

    def solve(self, right: Tensor) -> Tensor:
        """The solution for a right-hand side (stages, rows, entries), of that shape."""
        stages, rows, entries = right.shape
        columns = right.transpose(0, 1).reshape(rows, -1, 1)
        solved: Tensor = torch.linalg.lu_solve(self._lu, self._pivots, columns)
        return solved.view(rows, stages, entries).transpose(0, 1)


@dataclass(frozen=True)
class RowEquations:
    """Equations k_i = f(t_i, base_i + dt Σ a_ij k_j) for slopes (stages, rows, entries). `times` are (stages, rows)."""

    field: SampleField
    times: Tensor
    bases: Tensor
    a: Tensor
    dt: Tensor
    sample: Tensor

    def states(self, slopes: Tensor) -> Tensor:
        """Where the field is evaluated."""
        return self.bases + self.moved(slopes)

    def moved(self, slopes: Tensor) -> Tensor:
        """How far slopes move the states."""
        total: Tensor = torch.einsum("ij,jne->ine", self.a, slopes)
        return self.dt * total

    def values(self, slopes: Tensor) -> Tensor:
        """The right-hand sides: what the slopes should be equal to."""
        states = self.states(slopes).unbind()
        return torch.stack([self.field.evaluate(t, y, self.sample) for t, y in zip(self.times, states, strict=True)])


class Solved(NamedTuple):
    """Slopes (stages, rows, entries), which rows' solve the equations, and how many iterations each took (rows,)."""

    slopes: Tensor
    solved: Tensor
    iterations: Tensor


def solve_rows(equations: RowEquations, guess: Tensor, system: RowSystem, tolerance: SampleTolerance) -> Solved:
    """Iterate until in every row what is left to change is small enough, or there is no hope; see `Newton.solve`.

    A row that is done changes no more, so that it ends as it would alone.
    """
    rows, slopes = guess.shape[1], guess
    done = torch.zeros(rows, dtype=torch.bool, device=guess.device)
    failed, iterations = done, torch.zeros_like(done, dtype=torch.long)
    before = torch.full((rows,), torch.inf, dtype=torch.float64, device=guess.device)
    for iteration in range(1, MOST_ITERATIONS + 1):
        change = system.solve(equations.values(slopes) - slopes)
        going = ~(done | failed)
        iterations = iterations + going
        slopes = torch.where(going.unsqueeze(1), slopes + change, slopes)
        size = _size(equations, change, slopes, tolerance)
        left = torch.ones_like(size)
        if iteration > 1:
            rate = size / before
            left = rate / (1.0 - rate)
            hope = (rate < 1.0) & (rate ** (MOST_ITERATIONS - iteration) / (1.0 - rate) * size <= 1.0)
            failed = failed | (going & ~(hope & torch.isfinite(size)))
        done = done | (going & ~failed & (left * size <= 1.0))
        before = torch.where(going, size, before)
        if bool((done | failed).all()):
            break
    return Solved(slopes, done, iterations)


def attached(equations: RowEquations, slopes: Tensor, derivatives: int) -> Tensor:
    """The same slopes, differentiable as the solution of the equations; see `solver.implicit.taped`."""
    slopes = slopes.detach()
    with torch.no_grad():
        states = equations.states(slopes).unbind()
        field, sample = equations.field, equations.sample
        jacobians = [field.jacobians(t, y, sample) for t, y in zip(equations.times, states, strict=True)]
        system = RowSystem(equations.a, equations.dt, torch.stack(jacobians))
    for _ in range(derivatives):
        step = system.solve(equations.values(slopes) - slopes)
        slopes = slopes + (step - step.detach())
    return slopes


def _size(equations: RowEquations, change: Tensor, slopes: Tensor, tolerance: SampleTolerance) -> Tensor:
    """The largest size of the changes that a row's states make, in units of what may be left."""
    y = equations.states(slopes)[-1]
    sizes = torch.stack([tolerance.norms(moved, y) for moved in equations.moved(change).unbind()]).amax(0)
    rounding = tolerance.norms(torch.finfo(y.dtype).eps * y, y)
    return sizes / (ROUNDINGS * rounding).clamp(min=SHARE)
