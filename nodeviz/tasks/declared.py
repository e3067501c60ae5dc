"""What every declared task offers: what it asks of data and field, the weights of its own, and its run."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from nodeviz.datasets import Dataset
from nodeviz.fields import Field
from nodeviz.fields.layout import Layout, size_of
from nodeviz.settings import Settings
from nodeviz.tasks.picture import SurfaceKind
from nodeviz.tasks.solving import SolverSettings
from nodeviz.tasks.suitability import check_suits

if TYPE_CHECKING:
    from nodeviz.tasks.run import Problem, Run


class DeclaredTask(Settings, frozen=True, tag_field="kind"):
    """What is learnt from the data, as a value."""

    title: ClassVar[str]
    """What it is called in a list."""
    shows: ClassVar[SurfaceKind | None] = None
    """The surface that its picture has."""

    @property
    @abstractmethod
    def loss_label(self) -> str:
        """What the loss curve is called."""
        raise NotImplementedError

    @property
    @abstractmethod
    def evaluation_label(self) -> str:
        """What the figure of merit is called."""
        raise NotImplementedError

    @property
    def loss_unit(self) -> str:
        """The unit of loss and figure of merit; empty where they have none, or not the same."""
        return ""

    @abstractmethod
    def check(self, dataset: Dataset, field: Field) -> None:
        """Raises `ValueError` when they do not suit the task: what it asks for, what came, what to choose."""
        raise NotImplementedError

    def check_solver(self, solver: SolverSettings, field: Field) -> None:
        """Raises `ValueError` when its solves cannot be made so: what it is about, and what to choose."""
        check_suits(solver, entries=field.dim, parameters=size_of(field.layout()))

    @abstractmethod
    def times(self, dataset: Dataset) -> NDArray[np.float64]:
        """When trajectories are looked at, (times,), from 0 to where the flow ends."""
        raise NotImplementedError

    def looked_at(self, dataset: Dataset) -> float:
        """The time that is looked at first."""
        return 0.0

    @abstractmethod
    def starts(self, dataset: Dataset, seed: int) -> NDArray[np.float64]:
        """Where the trajectories start that the phase plane shows as learnt, (n, 2)."""
        raise NotImplementedError

    def picture_moves(self) -> bool:
        """Whether the surface that it shows is another at another time, also when the field stands still."""
        return False

    @abstractmethod
    def begin(self, problem: Problem) -> Run:
        """Everything for training this task. Imports torch."""
        raise NotImplementedError

    def layout(self, dataset: Dataset, field: Field) -> Layout:
        """The weights that the task learns beside the field's, such as a read-out's."""
        return ()

    def initial_parameters(self, dataset: Dataset, field: Field, seed: int) -> NDArray[np.float32]:
        """Those weights at step 0."""
        return np.zeros(0, np.float32)

    def floor(self, dataset: Dataset) -> float | None:
        """The least loss that any field can have on average, where it is known."""
        return None
