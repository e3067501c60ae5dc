"""`nodeviz study`: a question about an experiment, answered as a table."""

from __future__ import annotations

import argparse
import sys

import msgspec

from nodeviz.analysis.studies import STUDIES, study_named
from nodeviz.analysis.study import Study
from nodeviz.cli.command import FAILURE, INTERRUPTED, SUCCESS, Command, Misuse, count, did_you_mean, told_as_misuse
from nodeviz.cli.setting_options import add_setting_options, experiment_as_asked
from nodeviz.cli.sources import add_source_options, beginning
from nodeviz.cli.study_words import words
from nodeviz.experiment import Experiment

STEPS = 300


def _add_options(parser: argparse.ArgumentParser) -> None:
    names = ", ".join(study.name for study in STUDIES)
    parser.add_argument("study", metavar="STUDY", help=f"which question: {names}")
    add_source_options(parser, "study an experiment (.json) or a model")
    parser.add_argument(
        "--steps",
        type=count,
        metavar="N",
        help=f"training steps before a study that is of the weights as they stand [{STEPS}; none for a model]",
    )
    parser.add_argument("--json", action="store_true", help="tell what was found as one JSON object")
    add_setting_options(parser)


def _run(options: argparse.Namespace) -> int:
    study = _study(options.study)
    model = beginning(options.name, options.experiment)
    with told_as_misuse():
        experiment = experiment_as_asked(model.experiment, options)
    _check_suited(study, experiment)
    if options.steps is not None and not study.follows_weights:
        raise Misuse(f"The study {study.name} trains weights of its own from the beginning; leave --steps out.")
    from nodeviz.cli.studying import Studying  # here, for it imports torch
    from nodeviz.cli.training import trainer_from

    with told_as_misuse():
        trainer = trainer_from(model, experiment)
    outcome = Studying(study, trainer).run(_steps_before(study, options.steps, trained=model.step > 0))
    if options.json:
        print(msgspec.json.encode(outcome.report).decode())
    else:
        print("\n".join(words(outcome.report)))
    if outcome.interrupted:
        print("Interrupted; this is what was known so far.", file=sys.stderr)
        return INTERRUPTED
    return SUCCESS if outcome.report.done else FAILURE


def _study(name: str) -> Study:
    try:
        return study_named(name)
    except ValueError as error:
        meant = did_you_mean(name, [study.name for study in STUDIES])
        raise Misuse(f"There is no study {name!r}{meant}. See `nodeviz study --help`.") from error


def _check_suited(study: Study, experiment: Experiment) -> None:
    why_not = study.unsuited(experiment)
    if why_not:
        raise Misuse(f"The study {study.name} does not suit {experiment.name}. {why_not}")


def _steps_before(study: Study, asked: int | None, trained: bool) -> int:
    """How many training steps come first."""
    if asked is not None:
        return asked
    return STEPS if study.follows_weights and not trained else 0


STUDY = Command(
    name="study",
    help="answer a question about an experiment with a table",
    description="Study an experiment without a window: " + " ".join(f"{one.name}: {one.sentence}" for one in STUDIES),
    add_options=_add_options,
    run=_run,
)
