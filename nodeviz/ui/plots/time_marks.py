"""Where the trajectories are at one time: a dot on each curve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from nodeviz.ui.plots.trajectories import point_at

SIZE = 10  # pixels


class Timed(NamedTuple):
    """A curve (n, 2), the times (n,) of its points, and the colour of its dot."""

    ts: NDArray[np.floating]
    curve: NDArray[np.floating]
    colour: str


class TimeMarks(pg.ScatterPlotItem):
    """A dot at time t on every curve that reaches it."""

    def __init__(self) -> None:
        super().__init__(size=SIZE, pxMode=True, antialias=True)
        self._rim = QColor()

    def set_rim(self, colour: str) -> None:
        self._rim = QColor(colour)

    def show_at(self, t: float | None, curves: Sequence[Timed]) -> None:
        """Mark time `t` on `curves`; None marks nothing."""
        found = [] if t is None else [(point_at(each.ts, each.curve, t), each.colour) for each in curves]
        spots = [
            {"pos": point, "brush": pg.mkBrush(colour), "pen": pg.mkPen(self._rim, width=2)}
            for point, colour in found
            if point is not None
        ]
        self.setData(spots)
