"""Training steps that were taken and not yet told, as columns of numbers."""

from __future__ import annotations

from math import nan
from typing import NamedTuple

import numpy as np

from nodeviz.engine.messages import Progress
from nodeviz.engine.packed import Array, pack
from nodeviz.engine.trainer import StepResult, Trouble


class StepTrouble(NamedTuple):
    """A step that moved nothing, and why."""

    step: int
    trouble: Trouble


class Ledger:
    """The steps after step `first`, one entry each, without a gap."""

    def __init__(self, first: int) -> None:
        self.first = first
        self.last_trouble: StepTrouble | None = None
        self._results: list[StepResult] = []
        self._tests: list[float] = []

    def __len__(self) -> int:
        return len(self._results)

    @property
    def next(self) -> int:
        """Where the ledger after this one begins."""
        return self.first + len(self)

    def enter(self, result: StepResult) -> None:
        """Add the next step."""
        self._results.append(result)
        self._tests.append(nan)
        if result.trouble is not None:
            self.last_trouble = StepTrouble(self.next, result.trouble)

    def note_test(self, value: float) -> None:
        """The figure of merit after the last step."""
        self._tests[-1] = value

    def written(self, run: int, revision: int) -> Progress:
        """All entries as one message."""
        results = self._results
        return Progress(
            run=run,
            revision=revision,
            first=self.first,
            loss=_column([result.loss for result in results]),
            test=_column(self._tests),
            nfe_forward=_column([result.nfe_forward for result in results]),
            nfe_backward=_column([result.nfe_backward for result in results]),
            rejected=_column([result.rejected for result in results]),
            seconds=_column([result.seconds for result in results]),
        )


def _column(values: list[float] | list[int]) -> Array:
    return pack(np.array(values, np.float64))
