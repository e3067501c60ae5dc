"""How a line is drawn so that it looks the same on any screen and in any picture."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from nodeviz.ui.plots.clipping import clipped
from nodeviz.ui.plots.velocity_grid import Extent

DASHES = [4.0, 4.0]
"""Of a dashed line: how long dashes and gaps are, in widths of the line."""


class Stroke(pg.PlotCurveItem):
    """An antialiased line whose width counts in the screen's units: pyqtgraph's own pens get thin as pixels get small.

    For lines of some hundred points, or in a `LayerStroke`; a long zigzag needs a plain pen of width 1.
    """

    def __init__(self, width: float) -> None:
        super().__init__(antialias=True)
        self._width = width

    def set_colour(self, colour: str, *, dashed: bool = False) -> None:
        pen = pg.mkPen(QColor(colour), width=self._width)
        if dashed:
            pen.setDashPattern(DASHES)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        self.setPen(pen)

    def set_width(self, width: float) -> None:
        self._width = width
        pen = QPen(self.opts["pen"])
        pen.setWidthF(width)
        self.setPen(pen)

    def paint(self, painter: QPainter, *_: object) -> None:
        if self.xData is None or len(self.xData) == 0:
            return
        transform = painter.worldTransform()
        pen = QPen(self.opts["pen"])
        pen.setCosmetic(False)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.resetTransform()
        painter.setPen(pen)
        if self._exportOpts is not False and self.getViewBox() is not None and not pen.dashPattern():
            painter.drawLines([transform.map(line) for line in self._pieces_in_view()])
        else:
            painter.drawPath(transform.map(self.getPath()))
        painter.restore()

    def viewTransformChanged(self) -> None:
        super().viewTransformChanged()
        pg.GraphicsObject.viewTransformChanged(self)  # of its base a curve does not think: `viewRect` would stay

    def _pieces_in_view(self) -> list[QLineF]:
        """Cut where the view ends, for not every viewer of SVG minds a clip path."""
        points = np.stack([self.xData, self.yData], axis=1).astype(float)
        connect = self.opts["connect"]
        joined = connect[:-1] if isinstance(connect, np.ndarray) else np.ones(len(points) - 1, bool)
        view = self.viewRect()
        within = Extent(view.left(), view.right(), view.top(), view.bottom())
        return [QLineF(*piece) for piece in clipped(points[:-1][joined], points[1:][joined], within).tolist()]


class LayerStroke(Stroke):
    """A stroke that is painted into a cached layer, not each frame.

    It claims only what is in view: of a layer larger than that Qt redraws parts alone, and old pieces stay.
    """

    def __init__(self, width: float) -> None:
        super().__init__(width)
        self.setCacheMode(self.CacheMode.DeviceCoordinateCache)

    def boundingRect(self) -> QRectF:
        view = self.getViewBox()
        whole = super().boundingRect()
        return whole if view is None else whole.intersected(view.viewRect())

    def viewTransformChanged(self) -> None:
        super().viewTransformChanged()
        self.prepareGeometryChange()
