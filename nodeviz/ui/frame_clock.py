"""FrameClock: the one timer that moves everything in the window, and that notices when frames take too long."""

from __future__ import annotations

from collections import deque
from time import perf_counter

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer, Signal

PERIOD_MS = 16
LONGEST_STEP = 0.1
"""Seconds; after a stall time goes on from where it stood instead of jumping."""
REMEMBERED = 240
JUDGED_EVERY = 60
LATE = 0.025
"""A frame interval that a person starts to see as a stutter, in seconds."""
EASY = 0.019
DETAILS = (1.0, 0.5, 0.25, 0.1)
PATIENCE = 5
"""How many easy judgements in a row before detail is raised again, so that it does not flip back and forth."""


class FrameClock(QObject):
    """Emits `ticked(seconds since the last tick)` some 60 times a second and `detailChanged(share)` when too slow."""

    ticked = Signal(float)
    detailChanged = Signal(float)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self, interval=PERIOD_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._intervals: deque[float] = deque(maxlen=REMEMBERED)
        self._costs: deque[float] = deque(maxlen=REMEMBERED)
        self._last = 0.0
        self._count = 0
        self._level = 0
        self._easy = 0

    def start(self) -> None:
        self._last = perf_counter()
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    @property
    def running(self) -> bool:
        return self._timer.isActive()

    @property
    def fps(self) -> float:
        """Frames a second over the last seconds; 0 before there are any."""
        return len(self._intervals) / sum(self._intervals) if self._intervals else 0.0

    @property
    def tick_p99(self) -> float:
        """Seconds that 99 of 100 ticks stay below: the work of a tick, without the painting that follows it."""
        return float(np.percentile(self._costs, 99)) if self._costs else 0.0

    @property
    def detail(self) -> float:
        """The share of particles that may be drawn."""
        return DETAILS[self._level]

    def judge(self, interval: float) -> None:
        """Choose the level of detail for a typical frame `interval` in seconds."""
        if interval > LATE:
            self._easy = 0
            self._set_level(self._level + 1)
        elif interval < EASY:
            self._easy += 1
            if self._easy >= PATIENCE:
                self._easy = 0
                self._set_level(self._level - 1)

    def _tick(self) -> None:
        now = perf_counter()
        interval, self._last = now - self._last, now
        self._intervals.append(interval)
        self.ticked.emit(min(interval, LONGEST_STEP))
        self._costs.append(perf_counter() - now)
        self._count += 1
        if self._count % JUDGED_EVERY == 0:
            recent = list(self._intervals)[-JUDGED_EVERY:]
            self.judge(float(np.median(recent)))

    def _set_level(self, level: int) -> None:
        level = min(max(level, 0), len(DETAILS) - 1)
        if level != self._level:
            self._level = level
            self.detailChanged.emit(self.detail)
