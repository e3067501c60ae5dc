"""The data as points: each in the colour of its class, quiet, for what is learnt moves above them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from nodeviz.ui.plots.dots import Dots, paint_dots

SIZE = 2.8
MOST = 1500
"""Points drawn; of more, as many from the whole. They must not hide what is learnt of them."""


class SampleLayer(pg.GraphicsObject):
    """Points that stand still, painted once into a cached layer."""

    def __init__(self) -> None:
        super().__init__()
        self.setCacheMode(self.CacheMode.DeviceCoordinateCache)
        self.points: NDArray[np.floating] = np.zeros((0, 2))
        self._labels: NDArray[np.integer] = np.zeros(0, int)
        self._colours: Sequence[str] = ("#000000",)

    def set_colours(self, colours: Sequence[str]) -> None:
        """The colour of each class."""
        self._colours = colours
        self.update()

    def set_points(self, points: NDArray[np.floating], labels: NDArray[np.integer]) -> None:
        """Show points (n, 2) of classes `labels` (n,)."""
        self.prepareGeometryChange()
        stride = -(-len(points) // MOST) or 1
        self.points, self._labels = points[::stride], labels[::stride]
        self.update()

    def boundingRect(self) -> QRectF:
        view = self.getViewBox()
        return QRectF() if view is None or not len(self.points) else view.viewRect()

    def viewTransformChanged(self) -> None:
        super().viewTransformChanged()
        self.prepareGeometryChange()

    def paint(self, painter: QPainter, *_: object) -> None:
        kinds = np.unique(self._labels)
        dots = [Dots(self.points[self._labels == kind], self._colours[kind % len(self._colours)]) for kind in kinds]
        paint_dots(painter, self, dots, SIZE)
