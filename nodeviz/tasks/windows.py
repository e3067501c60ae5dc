"""Training on windows of trajectories: draw some, integrate from the first point of each, compare with the others."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from nodeviz.fields.layout import size_of
from nodeviz.fields.modules.flat import FlatModule
from nodeviz.tasks.device import chosen_device
from nodeviz.tasks.learnt import Learnt
from nodeviz.tasks.lift import lifted
from nodeviz.tasks.run import LossResult, Problem, Run
from nodeviz.tasks.solving import SolverSettings, solve_as_set
from solver.field import Gradients, Pullback
from solver.native.description import NativeField

if TYPE_CHECKING:
    from nodeviz.tasks.fit_trajectories import FitTrajectories

_LOSSES = {"mae": torch.nn.functional.l1_loss, "mse": torch.nn.functional.mse_loss}


class Windows(NamedTuple):
    """A minibatch: `observed` (points, batch, 2); `begins` (batch,) is when each window's first point was seen."""

    observed: Tensor
    begins: Tensor


class Delayed(torch.nn.Module):
    """A field in which each trajectory has its own clock: at time t, the i-th is at t + begins[i]."""

    def __init__(self, field: FlatModule, begins: Tensor) -> None:
        super().__init__()
        self.field = field
        self.begins = begins

    def forward(self, t: Tensor | float, y: Tensor) -> Tensor:
        """The velocity at y (batch, 2) through autograd."""
        return self.field(t + self.begins, y)

    def evaluate(self, t: Tensor | float, y: Tensor) -> Tensor:
        """The velocity without an autograd graph."""
        return self.field.evaluate(t + self.begins, y)

    def of_samples(self, samples: Tensor) -> Delayed:
        """The field of these trajectories alone, for steps of each one's own."""
        return Delayed(self.field, self.begins[samples])

    def linearise(self, t: float, y: Tensor) -> tuple[Tensor, Pullback]:
        """The velocity and its pullback; the clocks move together."""
        dy, pullback = self.field.linearise(t + self.begins, y)

        def together(cotangent: Tensor) -> Gradients:
            gradients = pullback(cotangent)
            return gradients if gradients.t is None else gradients._replace(t=gradients.t.sum())

        return dy, together

    def native(self) -> NativeField | None:
        """For the solver's kernel, where it knows the field inside."""
        inner = self.field.native()
        return None if inner is None else inner._replace(clocks=self.begins)


class WindowRun(Run):
    """The task `FitTrajectories` under way."""

    def __init__(self, task: FitTrajectories, problem: Problem) -> None:
        data = task.observed_by(problem.dataset)
        self._task = task
        parameters = size_of(problem.field.layout())
        self.device = chosen_device(problem.training.device, parameters * task.batch)
        self._autonomous = problem.field.autonomous
        self._lift = partial(lifted, field=problem.field)
        self._data = data.sample(problem.training.seed)
        self._times = torch.tensor(self._data.ts)
        self._window_times = self._times[: task.points] - self._times[0]
        self._observed = torch.tensor(self._data.observed)
        self._placed: Tensor | None = None

    def loss(self, learnt: Learnt, generator: np.random.Generator, solver: SolverSettings) -> LossResult:
        """The mean deviation from a minibatch of windows."""
        module = learnt.field
        windows = self.draw(generator, module.theta)
        field = module if self._autonomous else Delayed(module, windows.begins)
        solution = solve_as_set(solver, field, self._lift(windows.observed[0]), self._window_times)
        loss = _LOSSES[self._task.loss](solution.ys[..., :2], windows.observed)
        return LossResult(loss, solution.stats, solution.status)

    def draw(self, generator: np.random.Generator, like: Tensor) -> Windows:
        """A minibatch of windows, on the device and in the dtype of `like`."""
        observed = self._observed_like(like)
        times, trajectories, _ = observed.shape
        points, batch = self._task.points, self._task.batch
        first = generator.integers(times - points + 1, size=batch)
        which = generator.integers(trajectories, size=batch)
        places = (first + np.arange(points)[:, None]) * trajectories + which
        chosen = observed.flatten(0, 1).index_select(0, torch.from_numpy(places.ravel()).to(like.device))
        begins = self._times[torch.from_numpy(first)]
        return Windows(chosen.view(points, batch, -1), begins.to(like))

    def evaluate(self, learnt: Learnt, solver: SolverSettings) -> float:
        """Mean absolute error against the noiseless trajectories, over all their times."""
        truth = torch.tensor(self._data.truth).to(learnt.field.theta)
        with torch.no_grad():
            solution = solve_as_set(solver, learnt.field, self._lift(truth[0]), self._times)
        return float((solution.ys[..., :2] - truth).abs().mean())

    def _observed_like(self, like: Tensor) -> Tensor:
        placed = self._placed
        if placed is None or placed.device != like.device or placed.dtype != like.dtype:
            placed = self._placed = self._observed.to(like)
        return placed
