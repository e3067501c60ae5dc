"""HistoryFeed: from the training steps that were taken to the loss, the evaluations, the live figures and the price."""

from __future__ import annotations

from collections import deque
from time import monotonic
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from nodeviz.engine.messages import ActivityChanged, Portrait, Progress, SweepExtended, WorkerLost
from nodeviz.engine.packed import unpack
from nodeviz.ui.engine_link import EngineLink
from nodeviz.ui.frame_clock import FrameClock
from nodeviz.ui.pace import Pace
from nodeviz.ui.panels.cost import CostPanel, StepCost, TrajectoryCost
from nodeviz.ui.plots.loss_plot import LossPlot
from nodeviz.ui.plots.nfe_plot import NfePlot
from nodeviz.ui.toolbar import Toolbar

AVERAGED = 10
"""Steps that the large loss figure is the median of, so that it can be read."""
SPEED_OVER = 1.5
"""Seconds that steps a second are counted over."""
REDRAWN_EVERY = 1 / 12
"""Seconds from one drawing of a history to the next: the eye sees no more, and frames stay short."""


class Taken(NamedTuple):
    """Consecutive training steps: one entry a step in every array."""

    steps: NDArray[np.int64]
    loss: NDArray[np.float64]
    test: NDArray[np.float64]
    forward: NDArray[np.float64]
    backward: NDArray[np.float64]


class HistoryFeed(QObject):
    """Appends what comes, the loss and the evaluations in turn; another run begins with empty plots."""

    def __init__(
        self,
        link: EngineLink,
        clock: FrameClock,
        toolbar: Toolbar,
        loss: LossPlot,
        evaluations: NfePlot,
        cost: CostPanel,
    ) -> None:
        super().__init__(loss)
        self._link, self._toolbar, self._loss, self._evaluations, self._cost = link, toolbar, loss, evaluations, cost
        self._loss_waiting: list[Taken] = []
        self._evaluations_waiting: list[Taken] = []
        self._loss_pace = Pace(REDRAWN_EVERY)
        self._evaluations_pace = Pace(REDRAWN_EVERY, REDRAWN_EVERY / 2)
        self._recent: deque[float] = deque(maxlen=AVERAGED)
        self._arrivals: deque[tuple[float, int]] = deque()
        self._price: StepCost | None = None
        link.progressed.connect(self._on_progress)
        link.activityChanged.connect(self._on_activity)
        link.lost.connect(self._on_lost)
        link.runBegun.connect(self._begin)
        link.portrayed.connect(self._on_portrait)
        link.swept.connect(self._on_sweep)
        clock.ticked.connect(self._tick)
        self._begin(link.step)

    def _on_progress(self, progress: Progress) -> None:
        loss, seconds = unpack(progress.loss), unpack(progress.seconds)
        if not len(loss):
            return
        forward, backward = unpack(progress.nfe_forward), unpack(progress.nfe_backward)
        steps = progress.first + 1 + np.arange(len(loss))
        taken = Taken(steps, loss, unpack(progress.test), forward, backward)
        self._loss_waiting.append(taken)
        self._evaluations_waiting.append(taken)
        self._recent.extend(loss[np.isfinite(loss)])
        self._count(len(loss))
        rejected = unpack(progress.rejected)
        self._price = StepCost(forward[-1], backward[-1], rejected[-1], float(np.median(seconds)))

    def _tick(self, seconds: float) -> None:
        if self._loss_pace.due(seconds) and self._loss_waiting:
            for taken in _joined(self._loss_waiting):
                self._loss.append(taken.steps, taken.loss, taken.test)
            self._toolbar.show_step(int(self._loss_waiting[-1].steps[-1]))
            self._toolbar.show_loss(float(np.median(self._recent)) if self._recent else None)
            self._loss_waiting.clear()
            self._show_speed()
        if self._evaluations_pace.due(seconds) and self._evaluations_waiting:
            for taken in _joined(self._evaluations_waiting):
                self._evaluations.append(taken.steps, taken.forward, taken.backward)
            self._evaluations_waiting.clear()
            if self._price is not None:
                self._cost.show_step(self._price)

    def _count(self, steps: int) -> None:
        now = monotonic()
        self._arrivals.append((now, steps))
        while now - self._arrivals[0][0] > SPEED_OVER:
            self._arrivals.popleft()

    def _show_speed(self) -> None:
        if not self._arrivals:
            return
        span = self._arrivals[-1][0] - self._arrivals[0][0]
        if span > 0.2:
            self._toolbar.show_speed(sum(count for _, count in list(self._arrivals)[1:]) / span)

    def _on_activity(self, changed: ActivityChanged) -> None:
        self._arrivals.clear()
        if changed.activity == "paused":
            self._toolbar.show_speed(None)

    def _on_lost(self, lost: WorkerLost) -> None:
        if lost.role == "trainer":
            self._arrivals.clear()
            self._toolbar.show_speed(None)

    def _begin(self, step: int) -> None:
        for waiting in (self._loss_waiting, self._evaluations_waiting, self._recent, self._arrivals):
            waiting.clear()
        self._price = None
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
        elif sweep.done:  # there was nothing to compare with
            self._cost.show_accuracy(None, None)


def _joined(pieces: list[Taken]) -> list[Taken]:
    """The pieces in as few as follow on from one another; training that went back begins another."""
    runs: list[list[Taken]] = []
    for piece in pieces:
        if runs and runs[-1][-1].steps[-1] + 1 == piece.steps[0]:
            runs[-1].append(piece)
        else:
            runs.append([piece])
    return [Taken(*(np.concatenate(arrays) for arrays in zip(*run, strict=True))) for run in runs]
