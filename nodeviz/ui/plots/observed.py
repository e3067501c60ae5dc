"""The observed points: dots, as many as the eye can tell apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtGui import QColor

APART = 5.0  # pixels along a trajectory from one dot to the next; zooming in shows those between
SIZE = 3.4


class ObservedPoints(pg.ScatterPlotItem):
    """The points of some trajectories, thinned where they would merge into a line."""

    def __init__(self) -> None:
        super().__init__(size=SIZE, pxMode=True, antialias=True, pen=None)
        self.setCacheMode(self.CacheMode.DeviceCoordinateCache)
        self._curves: tuple[NDArray[np.floating], ...] = ()
        self._drawn: NDArray[np.bool_] = np.zeros(0, bool)

    def set_colour(self, colour: str) -> None:
        self.setBrush(pg.mkBrush(QColor(colour)))

    def set_curves(self, curves: Sequence[NDArray[np.floating]], pixel: float) -> None:
        """Show the points of these, each (n, 2), where a pixel is `pixel` wide. What is not finite is left out."""
        self._curves = tuple(curve[np.isfinite(curve).all(axis=1)] for curve in curves)
        self._draw(self._chosen(pixel))

    def thin(self, pixel: float) -> None:
        """Choose the dots anew for a pixel `pixel` wide."""
        chosen = self._chosen(pixel)
        if not np.array_equal(chosen, self._drawn):
            self._draw(chosen)

    def _chosen(self, pixel: float) -> NDArray[np.bool_]:
        """Which points to draw, of all curves in a row."""
        chosen = [apart(curve, APART * pixel) for curve in self._curves]
        return np.concatenate([np.zeros(0, bool), *chosen])

    def _draw(self, chosen: NDArray[np.bool_]) -> None:
        self._drawn = chosen
        self.setData(pos=np.concatenate([np.zeros((0, 2)), *self._curves])[chosen])


def apart(curve: NDArray[np.floating], distance: float) -> NDArray[np.bool_]:
    """Which points of `curve` (n, 2) to keep, so that they follow one another at `distance` along it or more."""
    if len(curve) == 0:
        return np.zeros(0, bool)
    steps = np.hypot(*np.diff(curve, axis=0).T)
    passed = np.floor(np.append(0.0, np.cumsum(steps)) / distance)
    return np.append(True, np.diff(passed) > 0)
