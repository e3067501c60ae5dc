"""What training asks of a task once it has begun."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from nodeviz.datasets import Dataset
from nodeviz.fields import Field
from nodeviz.tasks.solving import SolverSettings

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from nodeviz.fields.modules.flat import FlatModule
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
    def loss(self, module: FlatModule, generator: np.random.Generator, solver: SolverSettings) -> LossResult:
        """The loss of one minibatch drawn with `generator`, on the module's device and in its dtype."""

    @abstractmethod
    def evaluate(self, module: FlatModule, solver: SolverSettings) -> float:
        """The figure of merit on the full data; NaN when the solve does not get to its end."""

    @abstractmethod
    def starts(self) -> NDArray[np.float64]:
        """Where the trajectories start that the phase plane shows as learnt, (n, 2)."""

    @abstractmethod
    def times(self) -> NDArray[np.float64]:
        """At which times it shows them, (m,)."""
