"""Fit trajectories: random short windows of the observed path, integrated and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from nodeviz.datasets import Dataset
from nodeviz.datasets.declared import TrajectoryDataset, title_of
from nodeviz.fields import Field
from nodeviz.settings import Choice, described
from nodeviz.tasks.declared import DeclaredTask

if TYPE_CHECKING:
    from nodeviz.tasks.run import Problem, Run

LOSS_CHOICES = (
    Choice("mae", "mean absolute", "Every deviation counts by its size, so that outliers matter less."),
    Choice("mse", "mean square", "Large deviations count most, and steps die down as the fit gets good."),
)


class FitTrajectories(DeclaredTask, frozen=True, tag="fit"):
    """Learn the field from windows of what was observed: start at a window's first point, meet the others."""

    title: ClassVar[str] = "Fit trajectories"

    batch: Annotated[int, described("batch", "Windows in one training step.", low=1, high=1024, scale="log")] = 20
    points: Annotated[int, described("window", "Times in one window, its start included.", low=2, high=200)] = 10
    loss: Annotated[Literal["mae", "mse"], described("loss", "What a deviation costs.", choices=LOSS_CHOICES)] = "mse"

    @property
    def loss_label(self) -> str:
        """What the loss curve is called."""
        return "mean absolute error of windows" if self.loss == "mae" else "mean square error of windows"

    @property
    def evaluation_label(self) -> str:
        """What the figure of merit is called."""
        return "mean absolute error over the full trajectory"

    def check(self, dataset: Dataset, field: Field) -> None:
        """Raises `ValueError` when `dataset` has no trajectories, or is too short for the windows."""
        points = self.observed_by(dataset).points
        if self.points > points:
            raise ValueError(
                f"A window of {self.points} times does not fit into a trajectory of {points}; "
                f"take a window of at most {points}, or more points."
            )

    def observed_by(self, dataset: Dataset) -> TrajectoryDataset:
        """`dataset`, when it is one of trajectories. Raises `ValueError` when not."""
        if not isinstance(dataset, TrajectoryDataset):
            raise ValueError(
                f"Fitting trajectories needs data that are observed over time; {title_of(type(dataset))} has no "
                "times. Choose a spiral, or another task."
            )
        return dataset

    def times(self, dataset: Dataset) -> NDArray[np.float64]:
        """When the trajectories were observed, (times,)."""
        data = self.observed_by(dataset)
        return np.linspace(0.0, data.duration, data.points)

    def starts(self, dataset: Dataset, seed: int) -> NDArray[np.float64]:
        """Where the observed trajectories truly start, (n, 2)."""
        return self.observed_by(dataset).sample(seed).truth[0].copy()

    def begin(self, problem: Problem) -> Run:
        """Everything for training this task. Imports torch."""
        from nodeviz.tasks.windows import WindowRun

        return WindowRun(self, problem)
