"""Where the trajectories of the data begin: dots that stay where they are, and from which a start can be drawn."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray

from nodeviz.ui.plots.starts import Point, nearest_within_reach

SIZE, HOT_SIZE = 11.0, 17.0  # pixels: at rest, under the pointer


class Origins(pg.ScatterPlotItem):
    """The data's own starts. They can not be moved: a drag from one places a start of the user's there, and moves it.

    Without that a press on a dot that looks like a start would move the whole plane instead.
    """

    def __init__(self) -> None:
        super().__init__(size=SIZE, pxMode=True, antialias=True)
        self._points: tuple[Point, ...] = ()
        self._hot: Point | None = None

    def set_points(self, points: NDArray[np.floating]) -> None:
        """Show these, (n, 2)."""
        self._points, self._hot = tuple((float(x), float(y)) for x, y in points), None
        self.setData(pos=np.asarray(points, float).reshape(-1, 2), size=SIZE)

    def near(self, point: Point) -> Point | None:
        """The dot within reach of `point`; none while they are hidden."""
        view = self.getViewBox()
        index = nearest_within_reach(point, self._points, view) if self.isVisible() and view is not None else None
        return None if index is None else self._points[index]

    def hover(self, point: Point | None) -> bool:
        """Show what a press at `point` would begin from; whether there is something."""
        hot = None if point is None else self.near(point)
        if hot != self._hot:
            self._hot = hot
            self.setSize(np.array([HOT_SIZE if each == hot else SIZE for each in self._points]))
        return hot is not None
