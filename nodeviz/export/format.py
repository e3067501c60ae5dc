"""What an export format is, and what it is given to write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from numpy.typing import NDArray

from nodeviz.datasets.placement import Placement
from nodeviz.library.model_file import Model


class Trajectory(NamedTuple):
    """A solved trajectory and what to call it: ts (n,) seconds, ys (n, 2)."""

    label: str
    ts: NDArray[Any]
    ys: NDArray[Any]


class Exported(NamedTuple):
    """What there is to export: trajectories are in the plane. The formats take from it what they need."""

    model: Model
    trajectories: tuple[Trajectory, ...] = ()

    @property
    def placement(self) -> Placement:
        """How the plane lies in the data's own units."""
        return self.model.experiment.dataset.placement

    def trajectories_of_data(self) -> tuple[Trajectory, ...]:
        """The trajectories in the data's own units."""
        if not self.placement.moves:
            return self.trajectories
        return tuple(each._replace(ys=self.placement.in_data(each.ys)) for each in self.trajectories)


class Format(NamedTuple):
    """One kind of file: its name (also the command line's option), its label, suffix and sentence, and its bytes.

    One that is `text` may be printed. Write the bytes by `nodeviz.library.atomic.write_atomically`.
    """

    name: str
    label: str
    suffix: str
    sentence: str
    encode: Callable[[Exported], bytes]
    text: bool = False
