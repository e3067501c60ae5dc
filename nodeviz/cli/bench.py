"""`nodeviz bench`: how quick training is on this machine, and why."""

from __future__ import annotations

import argparse
import sys

import msgspec

from nodeviz.cli.bench_words import words
from nodeviz.cli.command import SUCCESS, Command, count, told_as_misuse
from nodeviz.cli.setting_options import add_setting_options, experiment_as_asked
from nodeviz.cli.sources import add_source_options, beginning

STEPS, ROUNDS = 300, 21


def _add_options(parser: argparse.ArgumentParser) -> None:
    add_source_options(parser, "measure an experiment (.json) or a model")
    parser.add_argument(
        "--steps",
        type=count,
        metavar="N",
        help=f"training steps before measuring, for at first everything looks quicker [{STEPS}; none for a model]",
    )
    parser.add_argument("--rounds", type=count, default=ROUNDS, metavar="N", help=f"rounds of measuring [{ROUNDS}]")
    parser.add_argument("--json", action="store_true", help="tell the figures as one JSON object")
    add_setting_options(parser)


def _run(options: argparse.Namespace) -> int:
    model = beginning(options.name, options.experiment)
    from nodeviz.cli.training import trainer_from
    from nodeviz.engine.measuring import measure  # here, for it imports torch

    with told_as_misuse():
        trainer = trainer_from(model, experiment_as_asked(model.experiment, options))
    untrained = 0 if model.step else STEPS
    steps = untrained if options.steps is None else options.steps
    found = measure(trainer, steps, options.rounds, lambda sentence: print(sentence, file=sys.stderr, flush=True))
    if options.json:
        print(msgspec.json.encode(found).decode())
    else:
        print("\n".join(words(found)))
    return SUCCESS


BENCH = Command(
    name="bench",
    help="measure how quick training is here, and explain it",
    description="Measure a training step and what it is made of, what accuracy costs, and a phase portrait, in words.",
    add_options=_add_options,
    run=_run,
)
