"""How a training run is told: in words for a person, or as one JSON object a line for a program."""

from __future__ import annotations

import json
import sys
from abc import ABC, abstractmethod
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nodeviz.cli.progress_bar import ProgressBar

if TYPE_CHECKING:
    from nodeviz.cli.training import Outcome
    from nodeviz.engine.trainer import StepResult


class Report(ABC):
    """Hears of every step and of the end."""

    @abstractmethod
    def step(self, number: int, result: StepResult) -> None:
        """Training step `number` was taken."""

    @abstractmethod
    def end(self, outcome: Outcome, folder: Path | None) -> None:
        """Training ended, and is saved in `folder` if there is one."""


class Words(Report):
    """A progress bar on a terminal, then the final figures."""

    def __init__(self, steps: int) -> None:
        self._bar = ProgressBar(steps)
        self._taken = 0

    def step(self, number: int, result: StepResult) -> None:
        self._taken += 1
        self._bar.show(self._taken, result.loss, result.nfe_forward + result.nfe_backward)

    def end(self, outcome: Outcome, folder: Path | None) -> None:
        self._bar.clear()
        if outcome.trouble is not None:
            print(f"Training stopped: {outcome.trouble.sentence} {outcome.trouble.remedy}", file=sys.stderr)
        if outcome.interrupted:
            print("Interrupted; what was learnt so far:", file=sys.stderr)
        for line in _final_words(outcome, folder):
            print(line)


class JsonLines(Report):
    """One object a line: every step, then the final figures. What is no number is null."""

    def step(self, number: int, result: StepResult) -> None:
        _print_json(
            step=number,
            loss=result.loss,
            nfe_forward=result.nfe_forward,
            nfe_backward=result.nfe_backward,
            rejected=result.rejected,
            seconds=result.seconds,
            trouble=result.trouble.status if result.trouble else None,
        )

    def end(self, outcome: Outcome, folder: Path | None) -> None:
        history, experiment = outcome.history, outcome.model.experiment
        _print_json(
            experiment=experiment.name,
            seed=experiment.training.seed,
            device=outcome.device,
            steps=outcome.model.step,
            loss=_last(history.loss),
            merit=outcome.merit,
            merit_label=experiment.task.evaluation_label,
            nfe_forward=_last(history.nfe_forward),
            nfe_backward=_last(history.nfe_backward),
            nfe_forward_total=float(history.nfe_forward.sum()),
            nfe_backward_total=float(history.nfe_backward.sum()),
            seconds=outcome.seconds,
            interrupted=outcome.interrupted,
            trouble=outcome.trouble.status if outcome.trouble else None,
            out=str(folder) if folder is not None else None,
        )


def _final_words(outcome: Outcome, folder: Path | None) -> list[str]:
    history, experiment = outcome.history, outcome.model.experiment
    steps, task = len(history.loss), experiment.task
    lines = [f"{experiment.name}: {steps} training steps in {outcome.seconds:.1f} s on {outcome.device}"]
    if steps:
        lines += [
            f"  {_figure(_last(history.loss))}  {task.loss_label}, last step",
            f"  {_figure(outcome.merit)}  {task.evaluation_label}",
            f"  {_figure(_last(history.nfe_forward))}  evaluations forward and "
            f"{_figure(_last(history.nfe_backward)).strip()} backward, last step",
        ]
    if folder is None:
        lines.append("Nothing was saved; add --out FOLDER to keep the model.")
    else:
        lines.append(f"Saved in {folder}; `nodeviz {folder / 'model.nodeviz'}` opens it in the window.")
    return lines


def _figure(value: float) -> str:
    return f"{value:>8.4g}" if isfinite(value) else "       –"


def _last(values: Any) -> float:
    return float(values[-1]) if len(values) else float("nan")


def _print_json(**values: Any) -> None:
    print(json.dumps({name: _plain(value) for name, value in values.items()}, allow_nan=False), flush=True)


def _plain(value: Any) -> Any:
    if not isinstance(value, float):
        return value
    if not isfinite(value):
        return None
    return int(value) if value.is_integer() and abs(value) < 2**53 else value
