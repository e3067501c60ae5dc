"""Classify: the flow moves points until a straight cut tells their classes apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray

from nodeviz.datasets import Dataset
from nodeviz.datasets.declared import PointDataset, title_of
from nodeviz.fields import Field
from nodeviz.fields.layout import Layout, Slot
from nodeviz.settings import described
from nodeviz.tasks.declared import DeclaredTask
from nodeviz.tasks.picture import SurfaceKind

if TYPE_CHECKING:
    from nodeviz.tasks.run import Problem, Run

READ_OUT_STREAM = 5
"""Weights, batches, noise, drawn points and the read-out each draw from a stream of their own of the same seed."""
SHARPNESS = 4.0
"""Of the read-out at step 0: the length of its rows, about. Of 1, 2, 4 and 8 on moons, annuli and spirals, 4 learns
as fast as any, and the flow needs to carry points only two thirds as far as with 1, in fewer evaluations."""
TIMES = 101
"""When the phase plane looks at trajectories."""
STARTS_A_CLASS = 4
"""Trajectories shown of each class."""


class Classify(DeclaredTask, frozen=True, tag="classify"):
    """Carry points along the flow from 0 to its end, and read their classes off where they are then."""

    title: ClassVar[str] = "Classify"
    shows: ClassVar[SurfaceKind | None] = "classes"

    end: Annotated[
        float, described("end", "When the flow ends and classes are read off.", low=0.1, high=10.0, unit="s")
    ] = 1.0
    batch: Annotated[
        int, described("batch", "Points in one training step; 0 takes all of them.", low=0, high=10_000, scale="log")
    ] = 256

    @property
    def loss_label(self) -> str:
        """What the loss curve is called."""
        return "cross-entropy of training points"

    @property
    def evaluation_label(self) -> str:
        """What the figure of merit is called."""
        return "cross-entropy of held-out points"

    @property
    def loss_unit(self) -> str:
        """The unit of loss and figure of merit."""
        return "nats"

    def check(self, dataset: Dataset, field: Field) -> None:
        """Raises `ValueError` when `dataset` has no classes to tell apart."""
        self.classed(dataset)

    def classed(self, dataset: Dataset) -> PointDataset:
        """`dataset`, when its points have classes. Raises `ValueError` when not."""
        if not isinstance(dataset, PointDataset):
            raise ValueError(
                f"Classifying needs points with classes; {title_of(type(dataset))} has none. "
                "Choose moons, or another task."
            )
        if dataset.classes < 2:
            raise ValueError(
                f"Classifying needs points of two classes or more; those of {title_of(type(dataset))} are all of one. "
                "Choose moons, or match their density instead."
            )
        return dataset

    def times(self, dataset: Dataset) -> NDArray[np.float64]:
        """When trajectories are looked at, (times,)."""
        return np.linspace(0.0, self.end, TIMES)

    def starts(self, dataset: Dataset, seed: int) -> NDArray[np.float64]:
        """Some held-out points of each class, (n, 2)."""
        held_out = self.classed(dataset).sample(seed).test
        of_each = [held_out.ys[held_out.labels == k][:STARTS_A_CLASS] for k in range(self.classed(dataset).classes)]
        return np.concatenate(of_each)

    def picture_moves(self) -> bool:
        """The surface moves with the points, also where the field stands still."""
        return True

    def layout(self, dataset: Dataset, field: Field) -> Layout:
        """The read-out: a row for each class, or one for two, whose logit is that of the second."""
        rows = self.logits(dataset)
        return (Slot("readout.weight", (rows, field.dim)), Slot("readout.bias", (rows,)))

    def logits(self, dataset: Dataset) -> int:
        """How many numbers the read-out gives for a point."""
        classes = self.classed(dataset).classes
        return 1 if classes == 2 else classes

    def initial_parameters(self, dataset: Dataset, field: Field, seed: int) -> NDArray[np.float32]:
        """Normal weights and zero biases."""
        rows = self.logits(dataset)
        draw = np.random.default_rng([seed, READ_OUT_STREAM])
        weight = SHARPNESS * draw.standard_normal((rows, field.dim)) / np.sqrt(field.dim)
        return np.concatenate([weight.ravel(), np.zeros(rows)]).astype(np.float32)

    def begin(self, problem: Problem) -> Run:
        """Everything for training this task. Imports torch."""
        from nodeviz.tasks.classification import ClassifyRun

        return ClassifyRun(self, problem)


def as_classify(task: DeclaredTask) -> Classify:
    """`task`, when it classifies. Raises `ValueError` when not."""
    if not isinstance(task, Classify):
        raise ValueError(f"This is about telling classes apart; the task is {task.title}. Choose the task Classify.")
    return task
