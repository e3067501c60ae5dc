"""A person's own points, from a text file."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated, ClassVar

import msgspec
import numpy as np

from nodeviz.assets_path import assets
from nodeviz.datasets.declared import FileDataset, Points
from nodeviz.datasets.placement import Placement
from nodeviz.datasets.points_table import MOST_CLASSES, Table, points_table
from nodeviz.settings import described

FILES = (".csv", ".tsv", ".txt", ".dat")
EXAMPLE = "petals.csv"
"""What stands for a file until one is chosen."""
DEVIATION = 1.0
"""Of points that are scaled to fit, over both coordinates together."""


class SeenPoints(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was found at `path`: how the points were placed, `scaled` or not, their classes and their bounds.

    Weights learn points where they are in the plane, so the placement stays when lines are added to the file. Bounds
    are in the data's own units: x and y of the lowest, x and y of the highest.
    """

    path: str
    scaled: bool
    placement: Placement
    classes: Annotated[int, msgspec.Meta(ge=1, le=MOST_CLASSES)]
    bounds: tuple[float, float, float, float]


class PointsFile(FileDataset, frozen=True, tag="file"):
    """Points of your own: a text file with x, y and perhaps a class on every line, and a header or none.

    Of more rows than `points` some are drawn, the same for the same seeds.
    """

    files: ClassVar[tuple[str, ...]] = FILES

    path: Annotated[
        str,
        described(
            "file",
            "A text file of x, y and perhaps a class; an example when none is given.",
            max_length=4096,
            files=FILES,
        ),
    ] = ""
    scaled: Annotated[
        bool, described("scaled", "Move and scale the points, alike in x and y, to lie around zero at deviation one.")
    ] = True
    noise: Annotated[
        float,
        described("noise", "Standard deviation of Gaussian noise that is added to each point.", low=0.0, high=1.0),
    ] = 0.0
    seen: SeenPoints | None = None

    def __post_init__(self) -> None:
        """Raises `ValueError` naming the first setting that is out of its bounds."""
        super().__post_init__()
        if self.seen is None or (self.seen.path, self.seen.scaled) != (self.path, self.scaled):
            msgspec.structs.force_setattr(self, "seen", self._look())

    @property
    def table(self) -> Table:
        """What the file holds. Raises `ValueError` when it cannot be read as points."""
        return points_table(Path(self.path) if self.path else assets() / "points" / EXAMPLE)

    def read(self) -> Table:
        """What the file holds. Raises `ValueError`, naming the line, when it cannot be read as points."""
        return self.table

    @property
    def classes(self) -> int:
        """How many different values the third column has; one without it."""
        return self.seen.classes if self.seen is not None and self.lost else _classes(self.table)

    @property
    def drawn(self) -> int:
        """As many as set, or all that the file has."""
        return 0 if self.lost else min(self.points, len(self.table.points.labels))

    @property
    def placement(self) -> Placement:
        """How the plane lies in the file's own units: as it was when the file was first read."""
        return self.seen.placement if self.seen is not None else _placement(self.table, scaled=self.scaled)

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """What the phase plane shows at first: all points, and a margin."""
        bounds = self.seen.bounds if self.seen is not None and self.lost else _bounds(self.table)
        low, high = self.placement.in_plane(np.reshape(bounds, (2, 2)))
        margin = 0.2 * float((high - low).max()) or 1.0
        (x0, y0), (x1, y1) = low - margin, high + margin
        return (float(x0), float(x1), float(y0), float(y1))

    def draw(self, count: int, generator: np.random.Generator) -> Points:
        """So many of the file's points, all of them where it has fewer; other noise moves the same ones further."""
        labels = self.table.points.labels
        rows = generator.permutation(len(labels))[:count]
        noise = self.noise * generator.standard_normal((len(rows), 2))
        return Points(self.placement.in_plane(self.table.points.ys[rows]) + noise, labels[rows])

    def _look(self) -> SeenPoints | None:
        """What there is to know of the file; nothing of the example, which is always there, and none that is not."""
        with suppress(ValueError):
            if self.path:
                table = self.table
                placement = _placement(table, scaled=self.scaled)
                return SeenPoints(self.path, self.scaled, placement, _classes(table), _bounds(table))
        return None


def _classes(table: Table) -> int:
    return max(1, len(table.names))


def _bounds(table: Table) -> tuple[float, float, float, float]:
    ys = table.points.ys
    (x0, y0), (x1, y1) = ys.min(0).tolist(), ys.max(0).tolist()
    return (x0, y0, x1, y1)


def _placement(table: Table, *, scaled: bool) -> Placement:
    if not scaled:
        return Placement()
    ys = table.points.ys
    centre = ys.mean(0)
    deviation = float(np.sqrt(((ys - centre) ** 2).mean()))
    return Placement((float(centre[0]), float(centre[1])), deviation / DEVIATION if deviation else 1.0)
