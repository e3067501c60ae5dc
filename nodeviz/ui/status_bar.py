"""The status bar: how the workers are, how fast the window draws, when the work was saved, and what was said last."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from nodeviz.ui import chrome, figures, theme
from nodeviz.ui.announcements import Announcements
from nodeviz.ui.engine_link import EngineLink
from nodeviz.ui.frame_clock import FrameClock
from nodeviz.ui.worker_link import State, WorkerLink

REFRESHED_EVERY = 0.5
SAID_FOR = 6.0
WORDS: dict[State, str] = {"off": "off", "starting": "starting…", "ready": "ok", "lost": "lost"}


class StatusBar(QWidget):
    """Captions from left to right; what is said passes by at the right."""

    def __init__(
        self, link: EngineLink, clock: FrameClock, announcements: Announcements, saved: Callable[[], float | None]
    ) -> None:
        super().__init__()
        self.setObjectName("status")
        self._link, self._clock, self._saved = link, clock, saved
        self._since_refresh = self._said_for = 0.0
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 3, 12, 3)
        line.setSpacing(theme.SPACE_LARGE)
        self.trainer = self._caption(line, "The process that trains.")
        self.inspector = self._caption(line, "The process that computes what the plots show.")
        self.frames = self._caption(line, "Frames a second, and how long 99 of 100 take to prepare.")
        self.device = self._caption(line, "Where training runs.")
        self.saving = self._caption(line, "When the session was last saved by itself.")
        self.message = QLabel()
        self.message.setFont(theme.caption_font())
        self.message.setAccessibleName("Message")
        line.addStretch(1)
        line.addWidget(self.message)
        chrome.dress(self)
        link.stateChanged.connect(self.refresh)
        clock.ticked.connect(self._tick)
        announcements.said.connect(self.say)
        announcements.withdrawn.connect(self._withdraw)
        self.refresh()

    def say(self, sentence: str) -> None:
        """Show `sentence` for a few seconds."""
        self.message.setText(sentence)
        self.message.setToolTip(sentence)
        self._said_for = SAID_FOR

    def _withdraw(self, sentence: str) -> None:
        if self.message.text() == sentence:
            self._said_for = 0.0
            self.message.clear()

    def refresh(self) -> None:
        """Show how everything stands."""
        self._show_worker(self.trainer, self._link.trainer)
        self._show_worker(self.inspector, self._link.inspector)
        detail = "" if self._clock.detail == 1.0 else f" · {self._clock.detail:.0%} of the particles"
        fps = self._clock.fps
        self.frames.setText(f"{fps:.0f} fps{detail}" if fps else "")
        self.frames.setToolTip(f"99 of 100 frames take up to {1e3 * self._clock.tick_p99:.1f} ms to prepare.")
        self.device.setText(self._link.trainer.device)
        saved = self._saved()
        self.saving.setText("" if saved is None else f"saved {figures.duration(saved)} ago")

    def _show_worker(self, label: QLabel, worker: WorkerLink) -> None:
        label.setText(f"{worker.role} {WORDS[worker.state]}")
        name = "warning" if worker.state == "lost" else "caption"
        if label.objectName() != name:
            label.setObjectName(name)
            label.style().unpolish(label)
            label.style().polish(label)

    def _tick(self, seconds: float) -> None:
        self._since_refresh += seconds
        if self._since_refresh >= REFRESHED_EVERY:
            self._since_refresh = 0.0
            self.refresh()
        if self._said_for > 0:
            self._said_for -= seconds
            if self._said_for <= 0:
                self.message.clear()

    def _caption(self, line: QHBoxLayout, help: str) -> QLabel:
        label = QLabel()
        label.setObjectName("caption")
        label.setFont(theme.caption_font())
        label.setToolTip(help)
        line.addWidget(label)
        return label
