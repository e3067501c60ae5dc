"""What the phase plane shows of a flow: its density at a time, samples on their way, and how good it is."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from nodeviz.datasets.declared import PointDataset
from nodeviz.tasks.densities.accompanied import exactly
from nodeviz.tasks.densities.energy import energy_of
from nodeviz.tasks.densities.flow import Flow
from nodeviz.tasks.learnt import Learnt
from nodeviz.tasks.picture import Care, Cloud, Figure, Picture, Surface, Viewpoint
from nodeviz.tasks.run import Problem
from nodeviz.tasks.solving import SolverSettings, solve_as_set
from solver import Solution

if TYPE_CHECKING:
    from nodeviz.tasks.match_density import MatchDensity

DRAWN_BY = "bosh3"
"""The method of the density that is drawn: for errors as large as can be borne in a picture, methods of higher order
take more evaluations to come as near."""
DRAWN_TO: dict[Care, float] = {"quick": 1e-2, "usual": 1e-2, "fine": 3e-3}
"""The tolerance of the density that is drawn, unless a looser one is set: on trained flows errors are then about a
hundredth of its peak, half of that in a fine one; on the sides of a narrow ridge they can be ten times as large."""
JUDGED_TO = 1e-3
"""The tolerance of live figures, unless a looser one is set: within thousandths of a nat."""
CLOUD, CLOUD_TIMES = 400, 24
"""Samples that are drawn as they flow, and when they are known."""
JUDGED = 500
"""Held-out points that a live figure is of."""
JUDGED_EVERY = 0.25
"""Seconds from one judgement to the next in a hurry."""


class DensityPortrait:
    """What one problem's flows look like."""

    def __init__(self, task: MatchDensity, problem: Problem, flow: Flow) -> None:
        self._flow = flow
        self._drawn = torch.from_numpy(task.drawn_base(CLOUD, problem.training.seed))
        self._times = np.linspace(0.0, flow.duration, CLOUD_TIMES)
        self._floor = task.floor(problem.dataset)
        self._dataset = problem.dataset
        self._reverse = task.objective == "reverse-kl"
        self._judged = self._held_out(problem)
        self._best = self._floor if self._reverse else self._least()
        self._merits: tuple[Figure, ...] = ()
        self._judged_at = 0.0

    def picture(self, learnt: Learnt, viewpoint: Viewpoint, solver: SolverSettings) -> Picture:
        """Everything, with the weights of the moment."""
        surface = self._surface(learnt, viewpoint, coarsened(solver, DRAWN_BY, DRAWN_TO[viewpoint.care]))
        cloud = self._carried(learnt, solver)
        figures = [
            *self._merit_of_late(learnt, coarsened(solver, "dopri5", JUDGED_TO), viewpoint.care == "quick"),
            *_mass(surface, viewpoint),
            *self._ways(cloud),
        ]
        return Picture(surface, self._cloud(cloud), tuple(figures))

    def _held_out(self, problem: Problem) -> Tensor:
        dataset = problem.dataset
        if isinstance(dataset, PointDataset):
            return torch.from_numpy(dataset.sample(problem.training.seed).test.ys[:JUDGED].copy())
        return torch.zeros(0, 2, dtype=torch.float64)

    def _least(self) -> float | None:
        """What the true density has for the points judged, so that their luck is not counted; else the floor."""
        known = self._dataset.log_density(self._judged.numpy()) if isinstance(self._dataset, PointDataset) else None
        return self._floor if known is None else -float(known.mean())

    def _surface(self, learnt: Learnt, viewpoint: Viewpoint, coarse: SolverSettings) -> Surface | None:
        points = grid_of(viewpoint).to(learnt.field.theta)
        with torch.no_grad():
            flowed = self._flow.back(exactly(learnt.field), points, coarse, viewpoint.t)
        if not flowed.solution.status.ok:
            return None
        density = self._flow.log_prob(flowed).exp().nan_to_num(0.0)
        return Surface("density", density.view(viewpoint.grid, viewpoint.grid).float().cpu().numpy())

    def _carried(self, learnt: Learnt, solver: SolverSettings) -> Solution:
        with torch.no_grad():
            return solve_as_set(solver, learnt.field, self._drawn.to(learnt.field.theta), torch.from_numpy(self._times))

    def _cloud(self, carried: Solution) -> Cloud:
        return Cloud(self._times, carried.ys.float().cpu().numpy(), np.zeros(CLOUD, np.uint8))

    def _merit_of_late(self, learnt: Learnt, coarse: SolverSettings, hurried: bool) -> tuple[Figure, ...]:
        """The merit with the weights of the moment; in a hurry those of a moment ago will do."""
        now = monotonic()
        if not hurried or now - self._judged_at >= JUDGED_EVERY:
            self._merits, self._judged_at = tuple(self._merit(learnt, coarse)), now
        return self._merits

    def _merit(self, learnt: Learnt, coarse: SolverSettings) -> list[Figure]:
        """The figure of merit and how far it is from the best there is."""
        if self._reverse:
            return self._reverse_merit(learnt, coarse)
        if not len(self._judged):
            return []  # the data are lost
        with torch.no_grad():
            flowed = self._flow.back(exactly(learnt.field), self._judged.to(learnt.field.theta), coarse)
        found = -float(self._flow.log_prob(flowed).mean())
        figures = [Figure("negative log-likelihood", found, "nats", f"Of {len(self._judged)} held-out points.")]
        if self._best is not None:
            sentence = (
                "How much likelier the data's own density makes the same points than the flow does: 0 is perfect."
            )
            figures.append(Figure("KL from the data", found - self._best, "nats", sentence))
        return figures

    def _reverse_merit(self, learnt: Learnt, coarse: SolverSettings) -> list[Figure]:
        zs = self._drawn.to(learnt.field.theta)
        with torch.no_grad():
            flowed = self._flow.forth(exactly(learnt.field), zs, coarse)
            energy = energy_of(self._dataset)(flowed.ys)
            found = float((self._flow.log_base(zs) + flowed.gained + energy).mean())
        sentence = f"KL(q | p) of the flow's density q, of {CLOUD} of its samples: 0 is perfect."
        return [Figure("reverse KL", found - (self._best or 0.0), "nats", sentence)]

    def _ways(self, carried: Solution) -> list[Figure]:
        """What it costs to sample."""
        steps = carried.ys.diff(dim=0).square().sum(-1).mean(1)
        energy = float(steps.sum()) * (CLOUD_TIMES - 1) / self._flow.duration
        return [
            Figure(
                "kinetic energy",
                energy,
                "",
                "The squared speed, integrated on the way of a sample: less is straighter.",
            ),
            Figure(
                "NFE to sample", float(carried.stats.nfe_forward), "", "Evaluations that carry samples to the data."
            ),
        ]


def coarsened(solver: SolverSettings, method: str, tolerance: float) -> SolverSettings:
    """An adaptive solve of no more than is needed."""
    rtol, atol = max(solver.rtol, tolerance), max(solver.atol, tolerance)
    return SolverSettings(method=method, rtol=rtol, atol=atol, max_steps=solver.max_steps)


def grid_of(viewpoint: Viewpoint) -> Tensor:
    """The grid's points, (grid², 2) float64."""
    x0, x1, y0, y1 = viewpoint.extent
    across = torch.linspace(x0, x1, viewpoint.grid, dtype=torch.float64)
    up = torch.linspace(y0, y1, viewpoint.grid, dtype=torch.float64)
    return torch.cartesian_prod(across, up)


def _mass(surface: Surface | None, viewpoint: Viewpoint) -> list[Figure]:
    if surface is None:
        return []
    x0, x1, y0, y1 = viewpoint.extent
    area = (x1 - x0) * (y1 - y0) / (viewpoint.grid - 1) ** 2
    mass = float(np.trapezoid(np.trapezoid(surface.values.astype(np.float64)))) * area
    return [Figure("mass in view", mass, "", "The density's integral over what is shown: 1 when all of it is in view.")]
