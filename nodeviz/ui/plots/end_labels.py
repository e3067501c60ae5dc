"""How curves are named at their ends, without a name covering a curve or another name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QColor

from nodeviz.ui import theme

OFFSET = 9.0  # pixels from a curve's end to its name
RIGHT, LEFT, MIDDLE = 1, -1, 0
PLACES = tuple(  # where a name may stand, the best first: side of the point, lines of text above or below it
    [(RIGHT, 0), (RIGHT, -1), (RIGHT, 1), (MIDDLE, -1), (MIDDLE, 1), (LEFT, 0), (LEFT, -1), (LEFT, 1)]
    + [(side, lines) for lines in (2, -2) for side in (RIGHT, LEFT)]
)
SIDES, LINES = (np.array(column, float) for column in zip(*PLACES, strict=True))
HEIGHT = 50.0  # above all curves
DISORDER = 60.0  # cost of a place above the name of a higher point, or below that of a lower one
RANK = 0.5  # of a covered point that the next best place costs
HABIT = 3.0  # points that a new place must keep clearer of than the old, so that names do not jump about
HIDDEN = 100.0  # cost of a place below something that lies over the view
MOST_HIDDEN = 2 * 6.0 + 11.0  # cost of a place from which on a name is better not shown, where so asked
ADJACENT = np.abs(LINES) <= 1  # places from which a name can be taken for that of no other point
ASTRAY = 1e6  # cost of the others, for a view in which many points are named
FEWEST_POINTS = 1500  # of a curve that are looked at; more would only take time


class Named(NamedTuple):
    """A name, its colour, and the point of the plot that it belongs to."""

    text: str
    colour: str
    x: float
    y: float


Rectangles = NDArray[np.float64]
"""(n, 4) of pixels: left, top, right, bottom."""


class EndLabels:
    """Names beside points of a view, inside it. The first have the first choice of place; one without any is hidden."""

    def __init__(
        self,
        view: pg.ViewBox,
        *,
        over_pictures: bool = False,
        sparing: bool = False,
        adjacent: bool = False,
        covered: Callable[[], Sequence[QRectF]] = tuple,
    ) -> None:
        """over_pictures: stand on a pale ground, for a view that is full of colour. sparing: hide what hides curves.

        adjacent: a name that has no place right beside its point is hidden: a little away it would seem another's.
        covered: what lies over the view, in its pixels; whoever changes that calls `arrange`.
        """
        self._view, self._over_pictures, self._sparing, self._covered = view, over_pictures, sparing, covered
        self._adjacent = adjacent
        self._items: list[pg.TextItem] = []
        self._worn: list[tuple[object, ...]] = []
        """The colours of each item: to dress one again takes longer than to move it."""
        self._named: list[Named] = []
        self._obstacles: NDArray[np.float64] = np.zeros((0, 2))
        self._chosen: dict[int, int] = {}
        view.sigRangeChanged.connect(self.arrange)
        view.sigResized.connect(self.arrange)

    @property
    def texts(self) -> list[str]:
        """The names that are visible."""
        return [named.text for named, item in zip(self._named, self._items, strict=False) if item.isVisible()]

    def show(self, named: list[Named], obstacles: NDArray[np.float64] | None = None) -> None:
        """Name these, in place of what was named, clear of the points `obstacles` (n, 2) where that can be."""
        self._named = named
        self._obstacles = np.zeros((0, 2)) if obstacles is None else obstacles[:: 1 + len(obstacles) // FEWEST_POINTS]
        while len(self._items) < len(named):
            item = pg.TextItem(anchor=(0, 0))
            item.setZValue(HEIGHT)
            self._view.addItem(item, ignoreBounds=True)
            self._items.append(item)
            self._worn.append(())
        behind = QColor(theme.current().canvas)
        behind.setAlpha(150 if self._over_pictures else 0)
        for item in self._items[len(named) :]:
            item.setVisible(False)
        for index, name in enumerate(named):
            self._dress(index, name, behind)
        self.arrange()

    def _dress(self, index: int, name: Named, behind: QColor) -> None:
        item, wanted = self._items[index], (name.colour, behind.rgba())
        if self._worn[index] != wanted:
            self._worn[index] = wanted
            item.fill = pg.mkBrush(behind)
            item.setFont(theme.caption_font())
            item.setColor(QColor(name.colour))
        if item.toPlainText() != name.text:
            item.setText(name.text)

    def arrange(self, *_: object) -> None:
        """Find every name its place."""
        width, height = self._view.width(), self._view.height()
        if not self._named or width <= 0 or height <= 0:
            return
        points = self._in_pixels(np.array([(name.x, name.y) for name in self._named]))
        obstacles = self._in_pixels(self._obstacles)
        taken, heights = np.zeros((0, 4)), np.zeros(0)
        covered = np.array([each.getCoords() for each in self._covered()]).reshape(-1, 4)
        for index, (x, y) in enumerate(points):
            item = self._items[index]
            inside = bool(0 <= x <= width and 0 <= y <= height)
            item.setVisible(inside)
            if not inside:
                continue
            size = item.textItem.boundingRect()
            places = _beside(x, y, size.width(), size.height(), QSizeF(width, height))
            costs = 2.0 * _covering(places, obstacles)
            costs += 1000.0 * _shared(places, taken) + HIDDEN * _shared(places, covered)
            costs += 300.0 * ((places[:, 2] > width + 0.1) | (places[:, 3] > height + 0.1))
            if not (self._adjacent or self._over_pictures):  # there, names are of points all over
                costs += DISORDER * _out_of_order(places, y, taken, heights)
            costs += RANK * np.arange(len(PLACES)) + (ASTRAY * ~ADJACENT if self._adjacent else 0.0)
            if index in self._chosen:
                costs[self._chosen[index]] -= HABIT
            best = int(np.argmin(costs))
            hiding = self._sparing and costs[best] > MOST_HIDDEN
            if hiding or _shared(places[best : best + 1], taken).any():
                item.setVisible(False)
                continue
            self._chosen[index] = best
            taken = np.append(taken, places[best : best + 1], axis=0)
            heights = np.append(heights, y)
            item.setPos(self._view.mapToView(QPointF(*places[best, :2])))

    def _in_pixels(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        (x_min, x_max), (y_min, y_max) = self._view.viewRange()
        pixels = np.empty_like(points)
        pixels[:, 0] = (points[:, 0] - x_min) * (self._view.width() / max(x_max - x_min, 1e-300))
        pixels[:, 1] = (y_max - points[:, 1]) * (self._view.height() / max(y_max - y_min, 1e-300))
        return pixels


def _beside(x: float, y: float, width: float, height: float, view: QSizeF) -> Rectangles:
    """Where a name may stand beside a point: PLACES, moved by as little as brings them into `view`.

    One that is too large for it is moved as far as its left upper corner.
    """
    left = x + SIDES * OFFSET - (1 - SIDES) / 2 * width
    top = y + 0.8 * LINES * height - height / 2
    left = np.maximum(np.minimum(left, view.width() - width), 0.0)
    top = np.maximum(np.minimum(top, view.height() - height), 0.0)
    return np.stack([left, top, left + width, top + height], axis=1)


def _out_of_order(places: Rectangles, y: float, taken: Rectangles, heights: NDArray[np.float64]) -> NDArray[np.intp]:
    """On the wrong side of how many names `taken`, of points at `heights`, each place for a point at `y` is."""
    between = places[:, None, 1] - taken[None, :, 1]
    return np.count_nonzero(between * (y - heights) < 0, axis=1)


def _covering(places: Rectangles, points: NDArray[np.float64]) -> NDArray[np.intp]:
    """How many of `points` (n, 2) lie below each place."""
    left, top, right, bottom = (places + (0, 2, 0, -2)).T[:, :, None]
    x, y = points[_near(points, left.min(), right.max(), top.min(), bottom.max())].T
    return np.count_nonzero((x > left) & (x < right) & (y > top) & (y < bottom), axis=1)


def _near(points: NDArray[np.float64], left: float, right: float, top: float, bottom: float) -> NDArray[np.bool_]:
    x, y = points[:, 0], points[:, 1]
    near: NDArray[np.bool_] = (x > left) & (x < right) & (y > top) & (y < bottom)
    return near


def _shared(places: Rectangles, others: Rectangles) -> NDArray[np.intp]:
    """How many of `others` each place overlaps."""
    left, top, right, bottom = places.T[:, :, None]
    overlap = (left < others[:, 2]) & (right > others[:, 0]) & (top < others[:, 3]) & (bottom > others[:, 1])
    return np.count_nonzero(overlap, axis=1)
