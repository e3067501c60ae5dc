"""HistoryFeed: from the training steps that were taken to the loss, the evaluations, the live figures and the price."""

from __future__ import annotations

from collections import deque
from time import monotonic

import numpy as np
from PySide6.QtCore import QObject

from nodeviz.engine.messages import ActivityChanged, Portrait, Progress, SweepExtended, unpack
from nodeviz.ui.engine_link import EngineLink
from nodeviz.ui.panels.cost import CostPanel, StepCost, TrajectoryCost
from nodeviz.ui.plots.loss_plot import LossPlot
from nodeviz.ui.plots.nfe_plot import NfePlot
from nodeviz.ui.toolbar import Toolbar

AVERAGED = 10
"""Steps that the large loss figure is the median of, so that it can be read."""
SPEED_OVER = 1.5
"""Seconds that steps a second are counted over."""


class HistoryFeed(QObject):
    """Appends what comes; another run begins with empty plots."""

    def __init__(
        self, link: EngineLink, toolbar: Toolbar, loss: LossPlot, evaluations: NfePlot, cost: CostPanel
    ) -> None:
        super().__init__(loss)
        self._link, self._toolbar, self._loss, self._evaluations, self._cost = link, toolbar, loss, evaluations, cost
        self._recent: deque[float] = deque(maxlen=AVERAGED)
        self._arrivals: deque[tuple[float, int]] = deque()
        link.progressed.connect(self._on_progress)
        link.activityChanged.connect(self._on_activity)
        link.runBegun.connect(self._begin)
        link.portrayed.connect(self._on_portrait)
        link.swept.connect(self._on_sweep)
        self._begin(link.step)

    def _on_progress(self, progress: Progress) -> None:
        loss, seconds = unpack(progress.loss), unpack(progress.seconds)
        forward, backward = unpack(progress.nfe_forward), unpack(progress.nfe_backward)
        if not len(loss):
            return
        steps = progress.first + 1 + np.arange(len(loss))
        self._loss.append(steps, loss, unpack(progress.test))
        self._evaluations.append(steps, forward, backward)
        self._recent.extend(loss[np.isfinite(loss)])
        self._toolbar.show_loss(float(np.median(self._recent)) if self._recent else None)
        self._toolbar.show_step(int(steps[-1]))
        self._count_speed(len(loss))
        self._cost.show_step(
            StepCost(forward[-1], backward[-1], unpack(progress.rejected)[-1], float(np.median(seconds)))
        )

    def _count_speed(self, steps: int) -> None:
        now = monotonic()
        self._arrivals.append((now, steps))
        while self._arrivals and now - self._arrivals[0][0] > SPEED_OVER:
            self._arrivals.popleft()
        span = now - self._arrivals[0][0]
        if span > 0.2:
            self._toolbar.show_speed(sum(count for _, count in list(self._arrivals)[1:]) / span)

    def _on_activity(self, changed: ActivityChanged) -> None:
        self._arrivals.clear()
        if changed.activity == "paused":
            self._toolbar.show_speed(None)

    def _begin(self, step: int) -> None:
        self._recent.clear()
        self._arrivals.clear()
        self._loss.clear()
        self._evaluations.clear()
        self._cost.clear_step()
        self._toolbar.show_step(step)
        self._toolbar.show_loss(None)
        self._toolbar.show_speed(None)

    def _on_portrait(self, portrait: Portrait) -> None:
        curves = portrait.learnt
        if curves:
            sentence = next((curve.sentence for curve in curves if curve.status != "success"), "")
            self._cost.show_trajectory(
                TrajectoryCost(
                    sum(curve.nfe for curve in curves),
                    sum(curve.accepted for curve in curves),
                    sum(curve.rejected for curve in curves),
                    sentence,
                )
            )

    def _on_sweep(self, sweep: SweepExtended) -> None:
        point = sweep.current
        if point is not None:
            self._cost.show_accuracy(point.error, point.milliseconds)
