"""A study without a window: training first where it is of trained weights, then answer after answer."""

from __future__ import annotations

import sys
from typing import NamedTuple

from nodeviz.analysis.report import Report
from nodeviz.analysis.study import Study, Subject
from nodeviz.cli.interruption import Interruption
from nodeviz.engine.trainer import Trainer


class Outcome(NamedTuple):
    """The last report, and whether Ctrl+C ended the study before its end."""

    report: Report
    interrupted: bool


class Stopped(Exception):  # noqa: N818  an interruption, no error
    """Ctrl+C in the middle of an answer."""


class Studying:
    """One study of what `trainer` holds."""

    def __init__(self, study: Study, trainer: Trainer) -> None:
        self._study = study
        self._trainer = trainer
        self._interruption = Interruption()
        self._live = sys.stderr.isatty()

    def run(self, steps: int) -> Outcome:
        """Train for `steps`, then study; what is known is kept when it is interrupted."""
        report = Report()
        with self._interruption as interruption:
            try:
                self._train(steps)
                for report in self._study.run(self._subject()):
                    self._tell(report.sentence)
                    self._attend()
            except Stopped:
                pass
        self._tell("")
        return Outcome(report, interruption.asked and not report.done)

    def _train(self, steps: int) -> None:
        for step in range(steps):
            self._attend()
            self._trainer.step()
            if step % 10 == 0:
                self._tell(f"Trained for {step} of {steps} steps.")

    def _subject(self) -> Subject:
        trainer = self._trainer
        return Subject(trainer.experiment, trainer.shown(), trainer.steps, self._attend)

    def _attend(self) -> None:
        if self._interruption.asked:
            raise Stopped

    def _tell(self, sentence: str) -> None:
        """On a terminal, over and over on one line."""
        if self._live:
            print(f"\r{sentence}\x1b[K", end="", file=sys.stderr, flush=True)
