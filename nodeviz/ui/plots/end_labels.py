"""How curves are named at their ends, without a name covering a curve or another name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor

from nodeviz.ui import theme

OFFSET = 9.0  # pixels from a curve's end to its name
RIGHT, LEFT, MIDDLE = 1, -1, 0
PLACES = tuple(  # where a name may stand, the best first: side of the point, lines of text above or below it
    [(RIGHT, 0), (RIGHT, -1), (RIGHT, 1), (MIDDLE, -1), (MIDDLE, 1), (LEFT, 0), (LEFT, -1), (LEFT, 1)]
    + [(side, lines) for lines in (2, -2, 3, -3, 4, -4) for side in (RIGHT, LEFT)]
)
HEIGHT = 50.0  # above all curves
RANK = 0.5  # of a covered point that the next best place costs
HABIT = 3.0  # points that a new place must keep clearer of than the old, so that names do not jump about
HIDDEN = 100.0  # cost of a place below something that lies over the view
MOST_HIDDEN = 2 * 6.0 + RANK * len(PLACES)  # cost of a place from which on a name is better not shown, where so asked
FEWEST_POINTS = 1500  # of a curve that are looked at; more would only take time


class Named(NamedTuple):
    """A name, its colour, and the point of the plot that it belongs to."""

    text: str
    colour: str
    x: float
    y: float


class EndLabels:
    """Names beside points of a view, inside it. The first have the first choice of place; one without any is hidden."""

    def __init__(
        self,
        view: pg.ViewBox,
        *,
        over_pictures: bool = False,
        sparing: bool = False,
        covered: Callable[[], Sequence[QRectF]] = tuple,
    ) -> None:
        """over_pictures: stand on a pale ground, for a view that is full of colour. sparing: hide what hides curves.

        covered: what lies over the view, in its pixels; whoever changes that calls `arrange`.
        """
        self._view, self._over_pictures, self._sparing, self._covered = view, over_pictures, sparing, covered
        self._items: list[pg.TextItem] = []
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
        behind = QColor(theme.current().canvas)
        behind.setAlpha(150 if self._over_pictures else 0)
        for item in self._items[len(named) :]:
            item.setVisible(False)
        for item, name in zip(self._items, named, strict=False):
            if item.toPlainText() != name.text:
                item.setText(name.text)
            item.fill = pg.mkBrush(behind)
            item.setFont(theme.caption_font())
            item.setColor(QColor(name.colour))
        self.arrange()

    def arrange(self, *_: object) -> None:
        """Find every name its place."""
        width, height = self._view.width(), self._view.height()
        if not self._named or width <= 0 or height <= 0:
            return
        points = self._in_pixels(np.array([(name.x, name.y) for name in self._named]))
        obstacles = self._in_pixels(self._obstacles)
        taken: list[QRectF] = []
        covered = self._covered()
        view = QRectF(0, 0, width, height)
        for index, (x, y) in enumerate(points):
            item = self._items[index]
            inside = bool(0 <= x <= width and 0 <= y <= height)
            item.setVisible(inside)
            if not inside:
                continue
            size = item.textItem.boundingRect()
            places = [_within(view, _beside(x, y, size.width(), size.height(), *where)) for where in PLACES]
            costs = [_cost(place, obstacles, taken, view) + HIDDEN * _shared(place, covered) for place in places]
            costs = [cost + RANK * rank for rank, cost in enumerate(costs)]
            if index in self._chosen:
                costs[self._chosen[index]] -= HABIT
            best = int(np.argmin(costs))
            hiding = self._sparing and costs[best] > MOST_HIDDEN
            if hiding or any(other.intersects(places[best]) for other in taken):
                item.setVisible(False)
                continue
            self._chosen[index] = best
            taken.append(places[best])
            item.setPos(self._view.mapToView(places[best].topLeft()))

    def _in_pixels(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        (x_min, x_max), (y_min, y_max) = self._view.viewRange()
        pixels = np.empty_like(points)
        pixels[:, 0] = (points[:, 0] - x_min) * (self._view.width() / max(x_max - x_min, 1e-300))
        pixels[:, 1] = (y_max - points[:, 1]) * (self._view.height() / max(y_max - y_min, 1e-300))
        return pixels


def _beside(x: float, y: float, width: float, height: float, side: int, lines: int) -> QRectF:
    """The rectangle of a name on `side` of a point, so many lines below it."""
    left = x + side * OFFSET - {RIGHT: 0.0, MIDDLE: width / 2, LEFT: width}[side]
    return QRectF(left, y + 0.8 * lines * height - height / 2, width, height)


def _within(view: QRectF, place: QRectF) -> QRectF:
    """`place`, moved by as little as brings it into `view`; as far as its left upper corner where it is too large."""
    left = max(min(place.left(), view.right() - place.width()), view.left())
    top = max(min(place.top(), view.bottom() - place.height()), view.top())
    return QRectF(left, top, place.width(), place.height())


def _cost(place: QRectF, obstacles: NDArray[np.float64], taken: list[QRectF], view: QRectF) -> float:
    """How bad a place is: curve points below it, names that are there already, parts outside the view."""
    x, y = obstacles[:, 0], obstacles[:, 1]
    covered = (x > place.left()) & (x < place.right()) & (y > place.top() + 2) & (y < place.bottom() - 2)
    return 2.0 * np.count_nonzero(covered) + 1000.0 * _shared(place, taken) + 300.0 * (not view.contains(place))


def _shared(place: QRectF, others: Sequence[QRectF]) -> int:
    return sum(1 for other in others if other.intersects(place))
