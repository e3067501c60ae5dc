"""How a training run is told: in words for a person, or as one JSON object a line for a program."""

from __future__ import annotations

import json
import sys
from abc import ABC, abstractmethod
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nodeviz.cli.progress_bar import ProgressBar
from nodeviz.datasets.placement import Placement
from nodeviz.experiment import Experiment
from nodeviz.tasks import MatchDensity

if TYPE_CHECKING:
    from nodeviz.cli.training import Outcome
    from nodeviz.engine.trainer import StepResult, Trouble

UNKNOWN = ": its solve did not get to its end, or left all bounds; a looser tolerance or more --max-steps may help"


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
        self._last_trouble: Trouble | None = None

    def step(self, number: int, result: StepResult) -> None:
        self._taken += 1
        self._last_trouble = result.trouble
        self._bar.show(self._taken, result.loss, result.nfe_forward + result.nfe_backward)

    def end(self, outcome: Outcome, folder: Path | None) -> None:
        self._bar.clear()
        if outcome.trouble is not None:
            print(f"Training stopped: {outcome.trouble.sentence} {outcome.trouble.remedy}", file=sys.stderr)
        if outcome.interrupted:
            print("Interrupted; what was learnt so far:", file=sys.stderr)
        for line in _final_words(outcome, self._last_trouble, folder):
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
        placement = experiment.dataset.placement
        _print_json(
            experiment=experiment.name,
            seed=experiment.training.seed,
            device=outcome.device,
            steps=outcome.model.step,
            loss=_last(history.loss),
            merit=outcome.merit,
            merit_label=experiment.task.evaluation_label,
            merit_in_data_units=_in_data_units(outcome.merit, experiment),
            centre=placement.centre,
            scale=placement.scale,
            nfe_forward=_last(history.nfe_forward),
            nfe_backward=_last(history.nfe_backward),
            nfe_forward_total=float(history.nfe_forward.sum()),
            nfe_backward_total=float(history.nfe_backward.sum()),
            seconds=outcome.seconds,
            interrupted=outcome.interrupted,
            trouble=outcome.trouble.status if outcome.trouble else None,
            out=str(folder) if folder is not None else None,
        )


def _final_words(outcome: Outcome, last_trouble: Trouble | None, folder: Path | None) -> list[str]:
    history, experiment = outcome.history, outcome.model.experiment
    steps, task = len(history.loss), experiment.task
    lines = [f"{experiment.name}: {steps} training steps in {outcome.seconds:.1f} s on {outcome.device}"]
    if steps:
        why = f": {last_trouble.sentence}" if last_trouble is not None else ""
        lines += [
            f"  {_figure(_last(history.loss))}  {task.loss_label}, last step{why}",
            f"  {_figure(outcome.merit)}  {task.evaluation_label}{'' if isfinite(outcome.merit) else UNKNOWN}",
            *_own_units(outcome.merit, experiment),
            f"  {_figure(_last(history.nfe_forward))}  evaluations forward and "
            f"{_figure(_last(history.nfe_backward)).strip()} backward, last step",
        ]
    if folder is None:
        lines.append("Nothing was saved; add --out FOLDER to keep the model.")
    else:
        lines.append(f"Saved in {folder}; `nodeviz {folder / 'model.nodeviz'}` opens it in the window.")
    return lines


def _in_data_units(merit: float, experiment: Experiment) -> float:
    """A mean negative log-likelihood of scaled points as one of the points as they were; other merits as they are."""
    return merit + (experiment.dataset.placement.log_area if isinstance(experiment.task, MatchDensity) else 0.0)


def _own_units(merit: float, experiment: Experiment) -> list[str]:
    """Of a density of scaled points: what the merit is in the data's own units, and how they were scaled."""
    placement = experiment.dataset.placement
    if not (placement.moves and isfinite(merit) and isinstance(experiment.task, MatchDensity)):
        return []
    figure = _figure(_in_data_units(merit, experiment))
    return [f"  {figure}  the same in the units of the data, in nats; above, points are {_placed(placement)}"]


def _placed(placement: Placement) -> str:
    x, y = placement.centre
    return f"less ({x:.6g}, {y:.6g}), divided by {placement.scale:.6g}"


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
