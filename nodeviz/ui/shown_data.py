"""What of a dataset the phase plane shows: trajectories to be learnt, or points of some classes, or nothing yet."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nodeviz.datasets.declared import PointDataset, TrajectoryDataset
from nodeviz.experiment import Experiment

Numbers = NDArray[np.float64]


class ShownData(NamedTuple):
    """Times (times,), the true and the observed trajectories (times, n, 2); points (m, 2) of classes labels (m,)."""

    ts: Numbers = np.zeros(0)
    truth: Numbers = np.zeros((0, 0, 2))
    observed: Numbers = np.zeros((0, 0, 2))
    points: Numbers = np.zeros((0, 2))
    labels: NDArray[np.int64] = np.zeros(0, np.int64)
    classes: int = 1

    def class_at(self, places: NDArray[np.floating]) -> NDArray[np.int64]:
        """The class of the point nearest to each of `places` (n, 2); zeros where there is but one."""
        if self.classes == 1 or not len(places):
            return np.zeros(len(places), np.int64)
        distances = np.linalg.norm(places[:, None] - self.points[None], axis=-1)
        return self.labels[np.argmin(distances, axis=1)]


def shown_data(experiment: Experiment) -> ShownData:
    """What is shown of its data: of points all, those held out too, by class where the task tells classes apart."""
    dataset, seed = experiment.dataset, experiment.training.seed
    if isinstance(dataset, TrajectoryDataset):
        data = dataset.sample(seed)
        return ShownData(data.ts, data.truth, data.observed)
    if isinstance(dataset, PointDataset):
        train, test = dataset.sample(seed)
        points, labels = np.concatenate([train.ys, test.ys]), np.concatenate([train.labels, test.labels])
        if experiment.task.shows != "classes":
            return ShownData(points=points, labels=np.zeros_like(labels))
        return ShownData(points=points, labels=labels, classes=dataset.classes)
    return ShownData()
