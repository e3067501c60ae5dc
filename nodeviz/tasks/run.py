"""What training asks of a task once it has begun."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from nodeviz.datasets import Dataset
from nodeviz.fields import Field
from nodeviz.tasks.picture import Picture, Viewpoint
from nodeviz.tasks.solving import SolverSettings

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from nodeviz.tasks.learnt import Learnt
    from solver import Stats, Status


class LossResult(NamedTuple):
    """The loss of one minibatch with its graph attached, what its solve cost and how it ended.

    Unless `status.ok` the loss is NaN and has nothing to teach.
    """

    loss: Tensor
    stats: Stats
    status: Status


class Circumstances(Protocol):
    """The training settings that a task needs."""

    @property
    def seed(self) -> int: ...

    @property
    def device(self) -> str: ...


class Problem(Protocol):
    """The parts of an experiment that a task needs."""

    @property
    def dataset(self) -> Dataset: ...

    @property
    def field(self) -> Field: ...

    @property
    def training(self) -> Circumstances: ...


class Run(ABC):
    """A task under way: its data, and what is computed from them with the weights of the moment.

    `device` is where its modules belong.
    """

    device: torch.device

    @abstractmethod
    def loss(self, learnt: Learnt, generator: np.random.Generator, solver: SolverSettings) -> LossResult:
        """The loss of one minibatch drawn with `generator`, on the field's device and in its dtype."""

    @abstractmethod
    def evaluate(self, learnt: Learnt, solver: SolverSettings) -> float:
        """The figure of merit on the full data; NaN when the solve does not get to its end."""

    def picture(self, learnt: Learnt, viewpoint: Viewpoint, solver: SolverSettings) -> Picture:
        """What the phase plane shows besides trajectories. The figures are of held-out data, or of the whole plane."""
        return Picture()
