"""A model's trajectories, solved in this process."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from nodeviz.export import Trajectory
from nodeviz.fields.modules.flat import FlatModule
from nodeviz.library.model_file import Model
from nodeviz.tasks.lift import lifted
from nodeviz.tasks.solving import SolverSettings, solve_as_set


def solved_trajectories(model: Model, starts: Sequence[tuple[float, float]]) -> tuple[Trajectory, ...]:
    """From the task's own starts ("learnt 1" …) and from `starts` ("start 1" …), at the task's times.

    `starts` are in the data's own units, and what is solved is in the plane. A trajectory that the solver cannot
    finish ends early, with a warning, and where the data are lost none starts from them.
    """
    experiment = model.experiment
    task, dataset = experiment.task, experiment.dataset
    if dataset.lost:
        print(f"No trajectory starts at the data. {dataset.lost}", file=sys.stderr)
    own, times = task.starts(dataset, experiment.training.seed), task.times(dataset)
    labels = [f"learnt {i + 1}" for i in range(len(own))] + [f"start {i + 1}" for i in range(len(starts))]
    y0 = np.concatenate([own, dataset.placement.in_plane(np.reshape(starts, (-1, 2)))])
    field = experiment.field.module(experiment.of_field(model.theta))
    states = lifted(torch.tensor(y0).to(field.theta), experiment.field)
    found = zip(labels, states, strict=True)
    return tuple(_solved(label, experiment.solver, field, times, state) for label, state in found)


def _solved(
    label: str, settings: SolverSettings, field: FlatModule, ts: NDArray[np.float64], y0: torch.Tensor
) -> Trajectory:
    with torch.no_grad():
        solution = solve_as_set(settings, field, y0.unsqueeze(0), torch.tensor(ts))
    if not solution.status.ok:
        print(f"{label}: {solution.status.sentence} {solution.status.remedy}", file=sys.stderr)
    ys = solution.ys[: solution.reached + 1, 0, :2].numpy().astype(np.float64)
    return Trajectory(label, ts[: len(ys)], ys)
