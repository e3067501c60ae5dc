"""How the loss falls: every training step faint, their running mean bright, evaluations as points, the floor dashed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from nodeviz.ui import theme
from nodeviz.ui.figures import figure
from nodeviz.ui.plots.end_labels import Named
from nodeviz.ui.plots.history import History, Values
from nodeviz.ui.plots.log_axis import EitherAxis
from nodeviz.ui.plots.ramp import mixed
from nodeviz.ui.plots.step_plot import StepPlot, consecutive
from nodeviz.ui.plots.stroke import Stroke
from nodeviz.ui.plots.trace import Span, Trace, span_of
from nodeviz.ui.theme import Theme

EMPTY = "Press Space to train"
FAILED = "No training step has had a loss yet: every solve failed"
FLOOR_POINTS = 400  # so many that no name is better off on the line than beside it
MOST_POINTS = 60  # evaluations that are still drawn as points, with a faint line to guide the eye; more are a line
BETWEEN = 0.55  # how much of the ground is in the colour of that faint line


class LossTerms(NamedTuple):
    """What the losses of a task are called, and how they are drawn; `floor` is the least that any field can have."""

    loss: str = "loss"
    evaluation: str = "error on all data"
    floor: float | None = None
    logarithmic: bool = True
    unit: str = ""


class Evaluated(NamedTuple):
    """The newest evaluation: after which step, and what came of it."""

    step: int = 0
    value: float = float("nan")


class LossPlot(StepPlot):
    """Training loss and evaluation over the steps; logarithmic unless the loss may be negative."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._axis = EitherAxis("left")
        super().__init__(self._axis, parent)
        self.setAccessibleName("Loss over training steps")
        self._train = Trace(self.plot, z=1)
        self._tests = History()
        self._last_test = Evaluated()
        self._seen = False
        self._terms = LossTerms()
        self._test_line, self._floor = Stroke(1.5), Stroke(1.2)
        self._between_tests = Stroke(1.0)
        self._test_points = pg.ScatterPlotItem(size=6, pxMode=True, antialias=True)
        for height, item in (
            (18, self._floor),
            (19, self._between_tests),
            (20, self._test_line),
            (21, self._test_points),
        ):
            item.setZValue(height)
            self.plot.addItem(item, ignoreBounds=True)
        self.set_terms(self._terms)
        self.say(EMPTY)

    def set_terms(self, terms: LossTerms) -> None:
        """Draw the losses as `terms` say. What was recorded of another loss is forgotten."""
        before, self._terms = self._terms, terms
        if (before.loss, before.logarithmic) != (terms.loss, terms.logarithmic):
            self._axis.logarithmic = terms.logarithmic
            self.clear()
        self.name_axes("training step", f"loss, {terms.unit}" if terms.unit else "loss")
        floor = "" if terms.floor is None else " No field can be below the floor on average."
        self.setToolTip(f"Orange, train: {terms.loss}. Blue, test: {terms.evaluation}.{floor}")
        self.setAccessibleDescription(self.toolTip())
        self.dirty()

    def append(self, steps: NDArray[np.integer], loss: Values, test: Values) -> None:
        """Record the loss of consecutive `steps`, and the error on all data where it was evaluated (NaN elsewhere)."""
        first = consecutive(steps, loss, test)
        if len(steps) == 0:
            return
        self._train.record.append(first, self._scaled(loss))
        self._tests.append(first, self._scaled(test))
        evaluated = np.flatnonzero(np.isfinite(test))
        if evaluated.size:
            self._last_test = Evaluated(int(steps[evaluated[-1]]), float(test[evaluated[-1]]))
        self._seen = self._seen or bool(np.isfinite(loss).any())
        self.say("" if self._seen else FAILED)
        self.dirty()

    def clear(self) -> None:
        """Forget everything, and say what to do next."""
        self._train.clear()
        self._tests.clear()
        self._last_test = Evaluated()
        self._seen = False
        self._test_line.setData([], [])
        self._between_tests.setData([], [])
        self._test_points.setData([], [])
        self._floor.setData([], [])  # it is drawn with the first step: until then it might be that of other data
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
        few = len(at) <= MOST_POINTS
        self._test_line.setData([] if few else at, [] if few else value)
        self._between_tests.setData(at if few else [], value if few else [])
        self._test_points.setData(at if few else at[-1:], value if few else value[-1:])
        test = span_of(tests)
        low, high = float(np.fmin(train.low, test.low)), float(np.fmax(train.high, test.high))
        floor = self._draw_floor(begin, end)
        return Span(low, high) if floor is None else Span(min(low, floor), max(high, floor))

    def _draw_floor(self, begin: float, end: float) -> float | None:
        """Draw the floor over the steps, and say where it lies on the axis; None where there is none."""
        floor = self._terms.floor
        if floor is None or (self._terms.logarithmic and floor <= 0):
            self._floor.setData([], [])
            return None
        height = float(self._scaled(np.array([floor]))[0])
        at = np.linspace(begin, end, FLOOR_POINTS)
        self._floor.setData(at, np.full(FLOOR_POINTS, height))
        return height

    def _scaled(self, values: Values) -> Values:
        """Where `values` lie on the axis; NaN for what has no place there: a diverged step leaves a gap."""
        values = np.asarray(values, float)
        if not self._terms.logarithmic:
            return np.where(np.isfinite(values), values, np.nan)
        return np.log10(values, out=np.full(len(values), np.nan), where=np.isfinite(values) & (values > 0))

    def _unscaled(self, height: float) -> float:
        return 10**height if self._terms.logarithmic else height

    def ends(self) -> list[Named]:
        colours, last, named = theme.current(), self._train.last(), []
        if self._floor.xData is not None and len(self._floor.xData):  # first: it has but this place
            at, height = float(self._floor.xData[-2]), float(self._floor.yData[0])
            named.append(Named(f"floor {figure(self._terms.floor)}", colours.secondary, at, height))
        if last is not None:
            named.append(Named(f"train {figure(self._unscaled(last[1]))}", colours.orange, *last))
        height = float(self._scaled(np.array([self._last_test.value]))[0])
        if np.isfinite(height):
            named.append(Named(f"test {figure(self._last_test.value)}", colours.blue, self._last_test.step, height))
        return named

    def restyle(self, colours: Theme) -> None:
        self._train.set_colours(colours.faint, colours.learnt)
        self._test_line.set_colour(colours.observed)
        self._between_tests.set_colour(mixed(colours.observed, colours.panel, BETWEEN))
        self._floor.set_colour(colours.secondary, dashed=True)
        self._test_points.setBrush(pg.mkBrush(colours.observed))
        self._test_points.setPen(pg.mkPen(QColor(colours.panel), width=1))
        self.dirty()
