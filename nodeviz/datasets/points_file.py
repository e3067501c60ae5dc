"""A person's own points, from a text file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray

from nodeviz.assets_path import assets
from nodeviz.datasets.declared import FileDataset, Points
from nodeviz.datasets.points_table import Table, points_table
from nodeviz.settings import described

FILES = (".csv", ".tsv", ".txt", ".dat")
EXAMPLE = "petals.csv"
"""What stands for a file until one is chosen."""
DEVIATION = 1.0
"""Of points that are scaled to fit, over both coordinates together."""


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

    @property
    def table(self) -> Table:
        """What the file holds. Raises `ValueError` when it cannot be read as points."""
        path = Path(self.path).expanduser() if self.path else assets() / "points" / EXAMPLE
        return points_table(path)

    def check_file(self) -> None:
        """Raises `ValueError`, naming the line, when it holds no points."""
        _ = self.table

    @property
    def classes(self) -> int:
        """How many different values the third column has; one without it."""
        return max(1, len(self.table.names))

    @property
    def drawn(self) -> int:
        """As many as set, or all that the file has."""
        return min(self.points, len(self.table.points.labels))

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """What the phase plane shows at first: all points, and a margin."""
        ys = self._placed()
        low, high = ys.min(0), ys.max(0)
        margin = 0.2 * float((high - low).max()) or 1.0
        (x0, y0), (x1, y1) = low - margin, high + margin
        return (float(x0), float(x1), float(y0), float(y1))

    def draw(self, count: int, generator: np.random.Generator) -> Points:
        """So many of the file's points, all of them where it has fewer; other noise moves the same ones further."""
        labels = self.table.points.labels
        rows = generator.permutation(len(labels))[:count]
        noise = self.noise * generator.standard_normal((len(rows), 2))
        return Points(self._placed()[rows] + noise, labels[rows])

    def _placed(self) -> NDArray[np.float64]:
        """All points where they are in the plane, (n, 2)."""
        ys = self.table.points.ys
        if not self.scaled:
            return ys
        moved = ys - ys.mean(0)
        deviation = float(np.sqrt((moved**2).mean()))
        return moved * (DEVIATION / deviation) if deviation else moved
