"""What a training step costs: function evaluations, forward and backward."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from nodeviz.ui import theme
from nodeviz.ui.figures import count
from nodeviz.ui.plots.end_labels import Named
from nodeviz.ui.plots.history import Values
from nodeviz.ui.plots.step_plot import StepPlot, consecutive
from nodeviz.ui.plots.trace import Span, Trace
from nodeviz.ui.theme import Theme

EMPTY = "What a training step costs appears here"


class NfePlot(StepPlot):
    """NFE of every training step, forward and backward."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.setAccessibleName("Function evaluations per training step")
        self.setToolTip(
            "Evaluations of the field that training takes, forward and backward: each step faint, their running mean "
            "bright and in figures."
        )
        self._forward, self._backward = Trace(self.plot, z=2), Trace(self.plot, z=1)
        self.name_axes("training step", "NFE per step")
        self.say(EMPTY)

    def append(self, steps: NDArray[np.integer], forward: Values, backward: Values) -> None:
        """Record the evaluations of consecutive `steps`."""
        first = consecutive(steps, forward, backward)
        if len(steps) == 0:
            return
        self._forward.record.append(first, np.asarray(forward, float))
        self._backward.record.append(first, np.asarray(backward, float))
        self.say("")
        self.dirty()

    def clear(self) -> None:
        """Forget everything, and say what will be here."""
        self._forward.clear()
        self._backward.clear()
        self.say(EMPTY)
        self.follow()

    def steps(self) -> tuple[int, int]:
        record = self._forward.record.raw
        return record.first, record.end

    def draw_steps(self, begin: float, end: float, pixels: int) -> Span:
        forward, backward = (trace.draw(begin, end, pixels) for trace in (self._forward, self._backward))
        return Span(0.0, float(np.fmax(forward.high, backward.high)))

    def ends(self) -> list[Named]:
        colours, named = theme.current(), []
        kinds = (("forward", self._forward, colours.blue), ("backward", self._backward, colours.orange))
        for kind, trace, colour in kinds:
            last = trace.last()
            if last is not None:
                named.append(Named(f"{kind} {count(last[1])}", colour, *last))
        return named

    def padded(self, low: float, high: float) -> tuple[float, float]:
        return 0.0, 1.15 * max(high, 10.0)

    def restyle(self, colours: Theme) -> None:
        self._forward.set_colours(colours.faint_blue, colours.observed)
        self._backward.set_colours(colours.faint, colours.learnt)
        self.dirty()
