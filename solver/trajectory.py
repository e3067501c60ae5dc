"""Trajectory: what an integration found, and what it kept of its steps."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from torch import Tensor

from solver.field import Pullback
from solver.solution import Status, StepRecord


class Keep(Enum):
    """What to keep of accepted steps: nothing, their starts, or also the slopes of the stages that advance them.

    `last` keeps start and slopes of the last step that saved a state alone, and of the others their times and sizes.
    """

    nothing = 0
    starts = 1
    slopes = 2
    last = 3


class StepGraph(NamedTuple):
    """The slopes of a step's stages with their graphs, which begin at the leaf `y`; None of one that is not its own."""

    y: Tensor
    slopes: Sequence[Tensor | None]


class StepPullbacks(NamedTuple):
    """The pullbacks of a step's first stages. Each serves once."""

    pullbacks: list[Pullback]

    def take(self, stop: int) -> list[Pullback] | None:
        """The first `stop` of them, after which there are none any more; None where there are fewer."""
        if len(self.pullbacks) < stop:
            return None
        taken = self.pullbacks[:stop]
        self.pullbacks.clear()
        return taken


class Checkpoint(NamedTuple):
    """An accepted step as the discrete adjoint needs it: its start, and the output times (as θ) inside it.

    The first output is row `first_row` of the saved states; θ = 1 is the step's end. `slopes` are (stages, entries).
    A `y` that was not kept is empty. `graph` is that of its stages, or their pullbacks, where they were kept.
    """

    t: float
    dt: float
    y: Tensor
    first_row: int
    thetas: tuple[float, ...]
    slopes: Tensor | None
    graph: StepGraph | StepPullbacks | None = None


class Point(NamedTuple):
    """A time and the state there."""

    t: float
    y: Tensor


class MarkedRow(NamedTuple):
    """A row that holds the state at someone's mark."""

    row: int
    owner: object


class Trajectory(NamedTuple):
    """What an integration found. `ys` is (times, entries), NaN after row `reached`; `end` is where the last step ended.

    `times` are those that were asked for and, in the rows that `marked` tells, those of marks. `dt_next` is the size,
    positive, that the next step would have had.
    """

    times: Sequence[float]
    ys: Tensor
    reached: int
    status: Status
    steps: list[StepRecord]
    checkpoints: list[Checkpoint]
    end: Point
    dt_next: float
    marked: Sequence[MarkedRow] = ()
