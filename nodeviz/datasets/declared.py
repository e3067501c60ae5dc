"""What every declared dataset offers: a sample of its kind, what the plane shows at first, and a sketch of itself."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Annotated, Any, ClassVar, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from nodeviz.datasets.placement import Placement
from nodeviz.datasets.trajectories import Trajectories
from nodeviz.settings import Settings, described

DATA_STREAM = 4
"""Weights, batches, noise and drawn points each draw from a stream of their own of the same seed."""
SKETCHED = 400
"""Points in a sketch."""


class Points(NamedTuple):
    """Points of the plane, ys (n, 2) float64, and the class of each, labels (n,) int64: zeros where there is one."""

    ys: NDArray[np.float64]
    labels: NDArray[np.int64]


NO_POINTS = Points(np.zeros((0, 2)), np.zeros(0, np.int64))


class Split(NamedTuple):
    """What training sees, and what is held out to judge it by."""

    train: Points
    test: Points


class Sketch(NamedTuple):
    """A dataset at a glance: curves (n, 2) each, points with their classes, and a density over the extent or none.

    heat is (n, n), [i, j] at (x_i, y_j), from 0 to 1.
    """

    curves: tuple[NDArray[np.float64], ...] = ()
    points: Points = NO_POINTS
    heat: NDArray[np.float64] | None = None


class DeclaredDataset(Settings, frozen=True, tag_field="kind"):
    """Data as a value: the same value and seed give the same data on every machine."""

    @property
    @abstractmethod
    def extent(self) -> tuple[float, float, float, float]:
        """What the phase plane shows at first: x_min, x_max, y_min, y_max."""
        raise NotImplementedError

    @abstractmethod
    def sketch(self, seed: int) -> Sketch:
        """What its thumbnail shows."""
        raise NotImplementedError

    @property
    def placement(self) -> Placement:
        """How the plane lies in the data's own units."""
        return Placement()

    @property
    def lost(self) -> str:
        """Why data that were there once cannot be read now, a sentence; empty when all is well."""
        return ""


def title_of(kind: type[DeclaredDataset]) -> str:
    """What a dataset is called in lists and sentences: EightGaussians -> Eight gaussians."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in kind.__name__).strip()
    return words[:1].upper() + words[1:]


class TrajectoryDataset(DeclaredDataset, frozen=True):
    """Trajectories observed at equal times on [0, duration]."""

    points: Annotated[int, described("points", "At how many times they are observed.", low=20, high=5000)] = 1000
    duration: Annotated[float, described("duration", "The last time observed.", low=1.0, high=100.0, unit="s")] = 25.0

    @abstractmethod
    def sample(self, seed: int) -> Trajectories:
        """The trajectories with the noise of `seed`."""
        raise NotImplementedError

    def sketch(self, seed: int) -> Sketch:
        """The true trajectories, and the points observed."""
        data = self.sample(seed)
        stride = max(1, len(data.ts) // SKETCHED)
        observed = data.observed[::stride].reshape(-1, 2)
        curves = tuple(data.truth[:, i] for i in range(data.truth.shape[1]))
        return Sketch(curves, Points(observed, np.zeros(len(observed), np.int64)))


class PointDataset(DeclaredDataset, frozen=True):
    """Points drawn from a distribution in the plane, each of a class where there are several."""

    points: Annotated[
        int, described("points", "How many are drawn, those held out included.", low=20, high=100_000, scale="log")
    ] = 2000
    held_out: Annotated[
        float, described("held out", "The share of the points that judges and does not train.", low=0.05, high=0.9)
    ] = 0.25
    data_seed: Annotated[int, described("data seed", "Another seed draws other points.", low=0, high=2**31 - 1)] = 0

    @property
    def classes(self) -> int:
        """How many classes its points have."""
        return 1

    @property
    def drawn(self) -> int:
        """How many points a sample has, those held out included."""
        return self.points

    @property
    def judging(self) -> int:
        """How many of those are held out."""
        return min(self.drawn, max(1, round(self.held_out * self.drawn)))

    @abstractmethod
    def draw(self, count: int, generator: np.random.Generator) -> Points:
        """So many independent points."""
        raise NotImplementedError

    def log_density(self, ys: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """The logarithm of the density that the points are drawn from at `ys` (n, 2); None where it is not known."""
        return None

    @property
    def entropy(self) -> float | None:
        """Minus the mean of `log_density`, in nats: no model's mean negative log-likelihood is below it."""
        return None

    def sample(self, seed: int) -> Split:
        """The points of `seed`, the training seed, and of the data's own, divided."""
        drawn = self.draw(self.points, np.random.default_rng([seed, DATA_STREAM, self.data_seed]))
        for array in drawn:
            array.flags.writeable = False
        held = self.judging
        return Split(Points(drawn.ys[held:], drawn.labels[held:]), Points(drawn.ys[:held], drawn.labels[:held]))

    def sketch(self, seed: int) -> Sketch:
        """Some of the points in the colours of their classes."""
        return Sketch(points=self.draw(SKETCHED, np.random.default_rng([seed, DATA_STREAM, self.data_seed])))


class FileDataset(PointDataset, frozen=True):
    """Points from a person's own file, at its setting `path`; from an example while that is empty.

    The path is absolute. What was `seen` of the file is kept with it: an experiment whose file is lost has no points,
    and still all that its weights need.
    """

    files: ClassVar[tuple[str, ...]]
    """The endings of such files."""
    path: str = ""
    seen: Any = None

    def __post_init__(self) -> None:
        """Raises `ValueError` naming the first setting that is out of its bounds; a file that cannot be read may be."""
        super().__post_init__()
        if self.path:
            msgspec.structs.force_setattr(self, "path", str(Path(self.path).expanduser().absolute()))

    @abstractmethod
    def read(self) -> object:
        """What the file holds. Raises `ValueError`, a sentence, when it cannot be read."""
        raise NotImplementedError

    @property
    def lost(self) -> str:
        """Why the file cannot be read now; empty when it can, or never could."""
        if self.seen is None:
            return ""
        try:
            self.read()
        except ValueError as error:
            return str(error)
        return ""

    def check_file(self) -> None:
        """Raises `ValueError`, a sentence, when the file cannot be read and never could."""
        if self.seen is None:
            self.read()

    @property
    def drawn(self) -> int:
        """How many points a sample has; none while the file is lost."""
        return 0 if self.lost else super().drawn

    def sample(self, seed: int) -> Split:
        """The points of `seed`, divided; none while the file is lost. Raises `ValueError` when it never was there."""
        return Split(NO_POINTS, NO_POINTS) if self.lost else super().sample(seed)

    def sketch(self, seed: int) -> Sketch:
        """Some of the points in the colours of their classes; an empty plane while the file is lost."""
        return Sketch() if self.lost else super().sketch(seed)


class EnergyDataset(DeclaredDataset, frozen=True):
    """A density that is known up to a factor, exp(-U), and of which there are no samples."""

    @abstractmethod
    def energy(self, ys: Any, numbers: Any) -> Any:
        """U at `ys` (n, 2) -> (n,). `numbers` is numpy or torch, whichever `ys` is of: both have exp, sin and so on."""
        raise NotImplementedError

    @property
    @abstractmethod
    def log_normaliser(self) -> float:
        """log of the integral of exp(-U): minus the least reverse Kullback-Leibler loss that a model can have."""
        raise NotImplementedError

    def sketch(self, seed: int) -> Sketch:
        """exp(-U) as a heat map."""
        x0, x1, y0, y1 = self.extent
        xs, ys = np.linspace(x0, x1, 72), np.linspace(y0, y1, 72)
        grid = np.stack(np.meshgrid(xs, ys, indexing="ij"), -1)
        density = np.exp(-self.energy(grid.reshape(-1, 2), np)).reshape(72, 72)
        return Sketch(heat=density / density.max())
