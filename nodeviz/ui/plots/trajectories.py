"""How a family of trajectories is drawn: one item, one path, whatever their number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray

from nodeviz.ui.plots.smoothing import Polyline, shaped
from nodeviz.ui.plots.stroke import LayerStroke

RESHAPED = 1.3
"""The change of scale from which on a line is shaped anew."""


def joined(curves: Sequence[NDArray[np.floating]]) -> Polyline:
    """`curves`, each (n, 2), as one polyline. A curve breaks where it is not finite; a lone point is dropped."""
    pieces = [np.asarray(curve, np.float64).reshape(-1, 2) for curve in curves]
    points = np.concatenate(pieces) if pieces else np.zeros((0, 2))
    finite: NDArray[np.bool_] = np.all(np.isfinite(points), axis=1)
    connect = np.zeros(len(points), bool)
    connect[:-1] = finite[:-1] & finite[1:]
    lengths = np.array([len(piece) for piece in pieces], dtype=int)
    connect[np.cumsum(lengths[lengths > 0]) - 1] = False
    drawn = connect.copy()
    drawn[1:] |= connect[:-1]
    return Polyline(points[drawn, 0], points[drawn, 1], connect[drawn])


def end_of(curve: NDArray[np.floating]) -> tuple[float, float] | None:
    """The last finite point of `curve` (n, 2), None when there is none."""
    points = np.asarray(curve, np.float64).reshape(-1, 2)
    finite = np.flatnonzero(np.isfinite(points).all(axis=1))
    return None if finite.size == 0 else (float(points[finite[-1], 0]), float(points[finite[-1], 1]))


def point_at(ts: NDArray[np.floating], curve: NDArray[np.floating], t: float) -> tuple[float, float] | None:
    """Where `curve` (n, 2) is at time `t`, linear between its times `ts` (n,); None outside or where it diverged."""
    if len(ts) == 0 or len(ts) != len(curve):
        return None
    forward = ts if ts[-1] >= ts[0] else ts[::-1]
    points = curve if ts[-1] >= ts[0] else curve[::-1]
    slack = 1e-9 * max(1.0, abs(float(forward[-1] - forward[0])))
    if not forward[0] - slack <= t <= forward[-1] + slack:
        return None
    x, y = np.interp(t, forward, points[:, 0]), np.interp(t, forward, points[:, 1])
    return (float(x), float(y)) if np.isfinite(x) and np.isfinite(y) else None


class CurveFamily(LayerStroke):
    """Trajectories of one kind. Antialiased and wide, since they are no work for a frame."""

    def __init__(self, width: float) -> None:
        super().__init__(width)
        self.curves: tuple[NDArray[np.floating], ...] = ()
        self._line = joined(())
        self._shaped_for = 0.0

    def set_curves(self, curves: Sequence[NDArray[np.floating]]) -> None:
        """Show these, each (n, 2), in place of what was shown."""
        self.curves = tuple(curves)
        self._line = joined(self.curves)
        self._shape(self._pixel())

    def viewTransformChanged(self) -> None:
        super().viewTransformChanged()
        pixel = self._pixel()
        if not 1 / RESHAPED < pixel / max(self._shaped_for, 1e-300) < RESHAPED:
            self._shape(pixel)

    def _shape(self, pixel: float) -> None:
        self._shaped_for = pixel
        line = shaped(self._line, pixel)
        self.setData(line.x, line.y, connect=line.connect, skipFiniteCheck=True)

    def _pixel(self) -> float:
        view = self.getViewBox()
        return 1e-3 if view is None else float(view.viewRect().width() / max(1.0, view.width()))


class ClassedCurves(pg.ItemGroup):
    """Trajectories of one kind in the colours of their classes: a family a class."""

    def __init__(self, width: float) -> None:
        super().__init__()
        self._width = width
        self._colours: Sequence[str] = ("#000000",)
        self._families: list[CurveFamily] = []
        self.curves: tuple[NDArray[np.floating], ...] = ()
        self.labels: NDArray[np.integer] = np.zeros(0, int)

    def set_colours(self, colours: Sequence[str]) -> None:
        """The colour of each class."""
        self._colours = colours
        for label, family in enumerate(self._families):
            family.set_colour(self.colour(label))

    def set_width(self, width: float) -> None:
        """How wide each is, of every class."""
        self._width = width
        for family in self._families:
            family.set_width(width)

    def colour(self, label: int) -> str:
        """The colour of class `label`."""
        return self._colours[label % len(self._colours)]

    def set_curves(self, curves: Sequence[NDArray[np.floating]], labels: NDArray[np.integer] | None = None) -> None:
        """Show these, each (n, 2), of classes `labels` (curves,), in place of what was shown."""
        self.curves = tuple(curves)
        self.labels = np.zeros(len(curves), int) if labels is None or len(labels) != len(curves) else labels
        while len(self._families) <= int(self.labels.max(initial=0)):
            family = CurveFamily(self._width)
            family.set_colour(self.colour(len(self._families)))
            family.setParentItem(self)
            self._families.append(family)
        for label, family in enumerate(self._families):
            family.set_curves([curve for curve, of in zip(self.curves, self.labels, strict=True) if of == label])
