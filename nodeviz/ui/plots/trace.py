"""How one record is drawn: its whole spread faint, its mean bright."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from nodeviz.ui.plots.history import Envelope, Smoothed, Values
from nodeviz.ui.plots.stroke import Stroke


class Span(NamedTuple):
    """From the least to the greatest, of what is drawn; NaN when nothing is."""

    low: float
    high: float


class Trace:
    """A record of one value a step in a plot: a faint line through all, a bright one through their running mean."""

    def __init__(self, plot: pg.PlotItem, z: float) -> None:
        self.record = Smoothed()
        self._spread = pg.PlotCurveItem()  # width 1 without alpha: the one pen that a long zigzag affords
        self._mean = Stroke(2.0)
        for height, item in ((z, self._spread), (z + 10, self._mean)):
            item.setZValue(height)
            plot.addItem(item, ignoreBounds=True)

    def set_colours(self, faint: str, bright: str) -> None:
        self._spread.setPen(pg.mkPen(QColor(faint), width=1))
        self._mean.set_colour(bright)

    def clear(self) -> None:
        self.record.clear()
        self._spread.setData([], [])
        self._mean.setData([], [])

    def draw(self, begin: float, end: float, pixels: int) -> Span:
        """Draw the steps from `begin` to `end` on so many pixels; the span of what is drawn."""
        spread = self.record.raw.envelope(begin, end, max(8, pixels))
        mean = self.record.mean.envelope(begin, end, max(8, pixels // 2))
        self._spread.setData(*zigzag(spread))
        finite = np.isfinite(mean.low)
        self._mean.setData(mean.at[finite], (mean.low + mean.high)[finite] / 2)
        return span_of(spread)

    def last(self) -> tuple[float, float] | None:
        """The last step and its mean; None before there is one."""
        values = self.record.mean.values
        if len(values) == 0 or not np.isfinite(values[-1]):
            return None
        return self.record.mean.end - 1.0, float(values[-1])


def zigzag(envelope: Envelope) -> tuple[Values, Values]:
    """A line through the extremes of every bin; bins without a value are left out."""
    finite = np.isfinite(envelope.low)
    at, low, high = envelope.at[finite], envelope.low[finite], envelope.high[finite]
    if np.array_equal(low, high):
        return at, low
    pairs: NDArray[np.float64] = np.stack([low, high], axis=1)
    pairs[1::2] = pairs[1::2, ::-1]
    return np.repeat(at, 2), pairs.ravel()


def span_of(envelope: Envelope) -> Span:
    """From the least to the greatest value of `envelope`."""
    finite = np.isfinite(envelope.low)
    if not finite.any():
        return Span(float("nan"), float("nan"))
    return Span(float(envelope.low[finite].min()), float(envelope.high[finite].max()))
