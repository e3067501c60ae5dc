"""`nodeviz train`: learn a field without a window."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from nodeviz.cli.command import FAILURE, INTERRUPTED, SUCCESS, Command, count, told_as_misuse
from nodeviz.cli.report import JsonLines, Report, Words
from nodeviz.cli.setting_options import add_setting_options, experiment_as_asked
from nodeviz.cli.sources import add_source_options, beginning
from nodeviz.library.runs import RunDirectory


def _add_options(parser: argparse.ArgumentParser) -> None:
    add_source_options(parser, "start from an experiment (.json) or go on from a model")
    parser.add_argument("--steps", type=count, default=2000, metavar="N", help="training steps to take [2000]")
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="save the model, the experiment and the history of every step there"
    )
    parser.add_argument("--overwrite", action="store_true", help="let --out replace a run that is there")
    parser.add_argument("--json", action="store_true", help="tell every step, and the end, as a JSON object a line")
    add_setting_options(parser)


def _run(options: argparse.Namespace) -> int:
    model = beginning(options.name, options.experiment)
    directory = RunDirectory(options.out) if options.out is not None else None
    with told_as_misuse():
        experiment = experiment_as_asked(model.experiment, options)
        if directory is not None:
            directory.claim(overwrite=options.overwrite)
    for sentence in experiment.solver.without_effect:
        print(sentence, file=sys.stderr)
    from nodeviz.cli.training import Outcome, Training, trainer_from  # here, for it imports torch

    def save(outcome: Outcome) -> None:
        if directory is not None:
            directory.save(outcome.model, outcome.history)

    report: Report = JsonLines() if options.json else Words(options.steps)
    with told_as_misuse():
        trainer = trainer_from(model, experiment)
    outcome = Training(trainer, options.steps).run(report.step, save)
    report.end(outcome, directory.folder if directory is not None else None)
    if outcome.interrupted:
        return INTERRUPTED
    return SUCCESS if outcome.trouble is None else FAILURE


TRAIN = Command(
    name="train",
    help="learn a field without a window",
    description="Learn a vector field without a window. The same seed gives the same weights.",
    add_options=_add_options,
    run=_run,
)
