"""How curves are named at their ends, without one name covering another."""

from __future__ import annotations

from typing import NamedTuple

import pyqtgraph as pg
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor

from nodeviz.ui import theme

GAP = 3.0  # pixels between two names
OFFSET = 9.0  # pixels from a curve's end to its name


class Named(NamedTuple):
    """A name, its colour, and the point of the plot that it belongs to."""

    text: str
    colour: str
    x: float
    y: float


class EndLabels:
    """Names beside points of a view. They keep clear of one another and inside the view."""

    def __init__(self, view: pg.ViewBox, z: float = 50.0) -> None:
        self._view, self._z = view, z
        self._items: list[pg.TextItem] = []
        self._named: list[Named] = []
        view.sigRangeChanged.connect(self._arrange)
        view.sigResized.connect(self._arrange)

    @property
    def texts(self) -> list[str]:
        """The names that are visible."""
        return [named.text for named, item in zip(self._named, self._items, strict=False) if item.isVisible()]

    def show(self, named: list[Named]) -> None:
        """Name these, in place of what was named."""
        self._named = named
        while len(self._items) < len(named):
            item = pg.TextItem(anchor=(0, 0.5))
            item.setZValue(self._z)
            self._view.addItem(item, ignoreBounds=True)
            self._items.append(item)
        for item in self._items[len(named) :]:
            item.setVisible(False)
        for item, name in zip(self._items, named, strict=False):
            item.setFont(theme.caption_font())
            item.setText(name.text, color=QColor(name.colour))
            fill = QColor(theme.current().canvas)
            fill.setAlpha(190)
            item.fill = pg.mkBrush(fill)
        self._arrange()

    def _arrange(self, *_: object) -> None:
        """Put the names right of their points (left at the right edge), upper ones first, each clear of the others."""
        height, width = self._view.height(), self._view.width()
        low = -1e9
        points = [self._view.mapViewToDevice(QPointF(name.x, name.y)) for name in self._named]
        if any(point is None for point in points) or width <= 0:
            return
        origin = self._view.mapToDevice(QPointF(0, 0))
        placed = sorted(zip(points, range(len(points)), strict=True), key=lambda pair: pair[0].y())
        for point, index in placed:
            item = self._items[index]
            size = item.textItem.boundingRect()
            x, y = point.x() - origin.x(), point.y() - origin.y()
            item.setVisible(0 <= x <= width and 0 <= y <= height)
            if not item.isVisible():
                continue
            left = x + OFFSET if x + OFFSET + size.width() <= width else x - OFFSET - size.width()
            y = max(min(max(y, size.height() / 2), height - size.height() / 2), low)
            low = y + size.height() + GAP
            item.setPos(self._view.mapToView(QPointF(left, y)))
