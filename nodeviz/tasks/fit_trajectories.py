"""Fit trajectories: random short windows of the observed path, integrated and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from nodeviz.datasets import Dataset
from nodeviz.settings import Choice, Settings, described

if TYPE_CHECKING:
    from nodeviz.tasks.run import Problem, Run

LOSS_CHOICES = (
    Choice("mae", "mean absolute", "Every deviation counts by its size, so that outliers matter less."),
    Choice("mse", "mean square", "Large deviations count most, and steps die down as the fit gets good."),
)


class FitTrajectories(Settings, frozen=True, tag="fit", tag_field="kind"):
    """Learn the field from windows of what was observed: start at a window's first point, meet the others."""

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

    def check(self, dataset: Dataset) -> None:
        """Raises `ValueError` when `dataset` is too short for the windows."""
        if self.points > dataset.points:
            raise ValueError(
                f"A window of {self.points} times does not fit into a trajectory of {dataset.points}; "
                f"take a window of at most {dataset.points}, or more points."
            )

    def begin(self, experiment: Problem) -> Run:
        """Everything for training this task. Imports torch."""
        from nodeviz.tasks.windows import WindowRun

        return WindowRun(self, experiment)
