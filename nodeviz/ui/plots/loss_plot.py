"""How the loss falls: every training step faint, their running mean bright, the evaluations on all data as points."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from nodeviz.ui import theme
from nodeviz.ui.figures import figure
from nodeviz.ui.plots.end_labels import Named
from nodeviz.ui.plots.history import History, Values
from nodeviz.ui.plots.log_axis import LogAxis
from nodeviz.ui.plots.step_plot import StepPlot, consecutive
from nodeviz.ui.plots.stroke import Stroke
from nodeviz.ui.plots.trace import Span, Trace, span_of
from nodeviz.ui.theme import Theme

EMPTY = "Press Space to train"
FAILED = "No training step has had a loss yet: every solve failed"
MOST_POINTS = 60  # evaluations that are still drawn as points; more are a line


class LossPlot(StepPlot):
    """Training loss and evaluation over the steps, on a logarithmic axis."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(LogAxis("left"), parent)
        self.setAccessibleName("Loss over training steps")
        self.setToolTip("The loss of every training step, its running mean, and the error on all data.")
        self._train = Trace(self.plot, z=1)
        self._tests = History()
        self._last_test = float("nan")
        self._seen = False
        self._test_line = Stroke(1.5)
        self._test_points = pg.ScatterPlotItem(size=6, pxMode=True, antialias=True)
        for item in (self._test_line, self._test_points):
            item.setZValue(20)
            self.plot.addItem(item, ignoreBounds=True)
        self.name_axes("training step", "loss")
        self.say(EMPTY)

    def append(self, steps: NDArray[np.integer], loss: Values, test: Values) -> None:
        """Record the loss of consecutive `steps`, and the error on all data where it was evaluated (NaN elsewhere)."""
        first = consecutive(steps, loss, test)
        if len(steps) == 0:
            return
        self._train.record.append(first, _logarithm(loss))
        self._tests.append(first, _logarithm(test))
        evaluated = np.flatnonzero(np.isfinite(test))
        if evaluated.size:
            self._last_test = float(test[evaluated[-1]])
        self._seen = self._seen or bool(np.isfinite(loss).any())
        self.say("" if self._seen else FAILED)
        self.dirty()

    def clear(self) -> None:
        """Forget everything, and say what to do next."""
        self._train.clear()
        self._tests.clear()
        self._last_test = float("nan")
        self._seen = False
        self._test_line.setData([], [])
        self._test_points.setData([], [])
        self.say(EMPTY)
        self.follow()

    def steps(self) -> tuple[int, int]:
        record = self._train.record.raw
        return record.first, record.end

    def draw_steps(self, begin: float, end: float, pixels: int) -> Span:
        train = self._train.draw(begin, end, pixels)
        tests = self._tests.envelope(begin, end, pixels)
        finite = np.isfinite(tests.low)
        at, value = tests.at[finite], (tests.low + tests.high)[finite] / 2
        self._test_line.setData(at, value)
        few = len(at) <= MOST_POINTS
        self._test_points.setData(at if few else at[-1:], value if few else value[-1:])
        test = span_of(tests)
        return Span(float(np.fmin(train.low, test.low)), float(np.fmax(train.high, test.high)))

    def ends(self) -> list[Named]:
        colours, last = theme.current(), self._train.last()
        named = [] if last is None else [Named(f"train {figure(10 ** last[1])}", colours.orange, *last)]
        if self._last_test > 0:
            place = (self._tests.end - 1.0, float(np.log10(self._last_test)))
            named.append(Named(f"test {figure(self._last_test)}", colours.blue, *place))
        return named

    def restyle(self, colours: Theme) -> None:
        self._train.set_colours(colours.faint, colours.learnt)
        self._test_line.set_colour(colours.observed)
        self._test_points.setBrush(pg.mkBrush(colours.observed))
        self._test_points.setPen(pg.mkPen(QColor(colours.panel), width=1))
        self.dirty()


def _logarithm(values: Values) -> Values:
    """log₁₀ of what is positive and finite, NaN for the rest: a diverged step leaves a gap."""
    values = np.asarray(values, float)
    return np.log10(values, out=np.full(len(values), np.nan), where=np.isfinite(values) & (values > 0))
