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
from nodeviz.tasks.solving import SolverSettings, solve_as_set


def solved_trajectories(model: Model, starts: Sequence[tuple[float, float]]) -> tuple[Trajectory, ...]:
    """From the dataset's own starts ("learnt 1" …) and from `starts` ("start 1" …), at the dataset's times.

    A trajectory that the solver cannot finish ends early, with a warning.
    """
    experiment = model.experiment
    data = experiment.dataset.sample(experiment.training.seed)
    labels = [f"learnt {i + 1}" for i in range(data.truth.shape[1])] + [f"start {i + 1}" for i in range(len(starts))]
    y0 = np.concatenate([data.truth[0], np.reshape(starts, (-1, 2))])
    field = experiment.field.module(model.theta)
    return tuple(_solved(label, experiment.solver, field, data.ts, y) for label, y in zip(labels, y0, strict=True))


def _solved(
    label: str, settings: SolverSettings, field: FlatModule, ts: NDArray[np.float64], y0: NDArray[np.float64]
) -> Trajectory:
    times = torch.tensor(ts)
    with torch.no_grad():
        solution = solve_as_set(settings, field, torch.tensor(y0).to(field.theta).unsqueeze(0), times)
    if not solution.status.ok:
        print(f"{label}: {solution.status.sentence} {solution.status.remedy}", file=sys.stderr)
    ys = solution.ys[: solution.reached + 1, 0].numpy().astype(np.float64)
    return Trajectory(label, ts[: len(ys)], ys)
