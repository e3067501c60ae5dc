"""What the plots show of one set of weights: velocities on a grid and trajectories. Knows no process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from nodeviz.engine.packed import Curve, pack
from nodeviz.experiment import Experiment
from nodeviz.tasks.attentive import Attentive
from nodeviz.tasks.flowing import Flow
from nodeviz.tasks.learnt import place
from nodeviz.tasks.lift import lifted
from nodeviz.tasks.picture import Picture, Viewpoint
from nodeviz.tasks.run import Run
from nodeviz.tasks.solving import SolverSettings, solve_as_set
from solver.solution import Solution

SOLVED_ALONE = 6
"""So many starts are solved one by one, so that each curve has its own steps and cost; more share one solve."""

Extent = tuple[float, float, float, float]
Starts = tuple[tuple[float, float], ...]


class Weights(NamedTuple):
    """θ, and the training step it was taken at."""

    theta: NDArray[np.float32]
    step: int


class Inspector:
    """Evaluates one experiment's field at one θ, in float32 on the CPU as the window shows it.

    `attend` is called now and then during a solve. Solves in another's middle need another Inspector.
    """

    def __init__(self, experiment: Experiment, weights: Weights, attend: Callable[[], None]) -> None:
        self.experiment = experiment
        self.weights = weights
        self._attend = attend
        self._learnt = place(experiment.field, weights.theta).learnt
        self._module = self._learnt.field
        self._field = Attentive(self._module, attend)

    def velocity(self, extent: Extent, t: float, grid: int) -> NDArray[np.float32]:
        """f on a grid over `extent`, (grid, grid, 2), [i, j] at (x_i, y_j). NaN where the field is not defined."""
        x0, x1, y0, y1 = extent
        xs, ys = torch.linspace(x0, x1, grid), torch.linspace(y0, y1, grid)
        points = torch.cartesian_prod(xs, ys)
        points = lifted(points, self.experiment.field)
        return self._module.evaluate(t, points)[:, :2].reshape(grid, grid, 2).numpy()

    def picture(self, run: Run, viewpoint: Viewpoint) -> Picture:
        """What the task of `run` shows."""
        with torch.no_grad():
            return run.picture(self._learnt, viewpoint, self.experiment.solver)

    def curves(self, starts: Starts, ts: NDArray[np.float64]) -> Iterator[list[Curve]]:
        """The trajectories from `starts` at `ts`, in pieces as they are solved.

        Steps of a fixed size are the same for all starts, so those are solved together, and each curve is what it
        would be alone. Adaptive steps suit the start they were chosen for.
        """
        settings = self.experiment.solver
        if len(starts) > 1 and (settings.steps_are_fixed or len(starts) > SOLVED_ALONE):
            solution = self.solve(starts, ts, settings)
            if solution.status.ok:
                yield [_curve(solution, i) for i in range(len(starts))]
                return
        # One that blows up would cut the others short.
        for start in starts:
            yield [_curve(self.solve((start,), ts, settings), 0)]

    def layered(self, starts: Starts, layers: int, end: float) -> tuple[Curve, ...]:
        """Where so many layers of a ResNet with these weights take `starts`, at time 0 and after each layer.

        One that blows up is known up to there, and does not cut the others short.
        """
        flow = Flow(self.experiment.solver, end, layers)

        def through(some: Starts) -> Solution:
            with torch.no_grad():
                return flow.solve(self._field, self._states(some, torch.float32), flow.times(layers + 1))

        together = through(starts) if starts else None
        if together is not None and together.status.ok:
            return tuple(_curve(together, i) for i in range(len(starts)))
        return tuple(_curve(through((start,)), 0) for start in starts)

    def solve(self, starts: ArrayLike, ts: NDArray[np.float64], settings: SolverSettings) -> Solution:
        """The trajectories from `starts` (n, 2) at `ts`, together in one solve."""
        with torch.no_grad():
            return solve_as_set(settings, self._field, self._states(starts, torch.float32), torch.tensor(ts))

    def reference(self, starts: ArrayLike, ts: NDArray[np.float64], settings: SolverSettings) -> Solution:
        """The same in float64, to compare with."""
        exact = Attentive(self._learnt.double().field, self._attend)
        with torch.no_grad():
            return solve_as_set(settings, exact, self._states(starts, torch.float64), torch.tensor(ts))

    def _states(self, starts: ArrayLike, dtype: torch.dtype) -> Tensor:
        return lifted(torch.tensor(starts, dtype=dtype), self.experiment.field)


def _curve(solution: Solution, i: int) -> Curve:
    """The i-th trajectory of `solution`, up to where it got."""
    known = solution.reached + 1
    return Curve(
        ts=pack(solution.ts[:known].double().numpy()),
        ys=pack(solution.ys[:known, i, :2].numpy()),
        nfe=solution.stats.nfe_forward,
        accepted=solution.stats.accepted,
        rejected=solution.stats.rejected,
        status=solution.status.value,
        sentence=solution.status.sentence,
    )
