"""How fast the field is where: a quiet map of |f| under everything else."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nodeviz.ui.plots.levels import Levels
from nodeviz.ui.plots.plane_image import PlaneImage
from nodeviz.ui.plots.refined import refined
from nodeviz.ui.plots.velocity_grid import VelocityGrid

PERIOD = 0.08  # seconds between pictures of a field that is being learnt: so quiet a map needs no more


class HeatMap(PlaneImage):
    """log |f| over the extent of its grid, in 256 colours, between levels that follow the field slowly."""

    def __init__(self) -> None:
        super().__init__()
        self._values: NDArray[np.float32] | None = None
        self._levels = Levels()
        self._waiting: VelocityGrid | None = None
        self._since = 0.0
        self._colours: NDArray[np.uint32] = np.zeros(256, np.uint32)

    @property
    def levels(self) -> tuple[float, float] | None:
        """The speeds that the first and the last colour stand for."""
        if self._levels.ends is None:
            return None
        low, high = np.expm1(self._levels.ends)
        return float(low), float(high)

    def set_colours(self, colours: NDArray[np.uint32]) -> None:
        """256 opaque colours, slow to fast."""
        self._colours = colours
        self._render()

    def set_grid(self, grid: VelocityGrid | None) -> None:
        """The field from now on; None empties the map and forgets its levels."""
        moved = grid is None or self._extent != grid.extent
        self.cover(None if grid is None else grid.extent)
        self._waiting = grid
        if grid is None:
            self._values = None
            self._levels.forget()
        elif moved or self._since >= PERIOD:
            self.catch_up()

    def tick(self, seconds: float) -> None:
        """Let `seconds` pass: a field that waits is drawn when it is due."""
        self._since += seconds
        if self._since >= PERIOD:
            self.catch_up()

    def catch_up(self) -> None:
        """Draw the newest field, if it is not drawn yet."""
        if self._waiting is None:
            return
        self._values = refined(np.log1p(self._waiting.speeds()))
        self._waiting, self._since = None, 0.0
        low, high = np.quantile(self._values[::4, ::4], [0.02, 0.98])
        self._levels.follow(float(low), float(high))
        self._render()

    def _render(self) -> None:
        if self._values is not None and self._levels.ends is not None:
            self.show_pixels(self._colours[self._levels.index(self._values)])
