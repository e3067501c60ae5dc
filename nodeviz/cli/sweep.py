"""`nodeviz sweep`: one experiment with every combination of some settings, and what each comes to."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from nodeviz.cli.axes import Axis, axes_in, choices_of, chosen, seeds_from
from nodeviz.cli.command import INTERRUPTED, SUCCESS, Command, Misuse, count, told_as_misuse
from nodeviz.cli.places import PRINTED, check_not_read, place
from nodeviz.cli.setting_options import add_setting_options, experiment_as_asked
from nodeviz.cli.sources import add_source_options, beginning
from nodeviz.cli.sweep_report import Row, as_csv, as_json, in_words
from nodeviz.experiment import Experiment
from nodeviz.library.atomic import write_atomically

STEPS = 300


def _add_options(parser: argparse.ArgumentParser) -> None:
    add_source_options(parser, "sweep an experiment (.json) or a model")
    parser.add_argument(
        "--over",
        action="append",
        default=[],
        metavar="SETTING=VALUE,VALUE,…",
        help="any setting, by its option's name, e.g. rtol=1e-2,1e-4 or method=euler,tsit5; may be given again",
    )
    parser.add_argument("--seeds", type=count, metavar="N", help="runs of each, with seeds that follow one another [1]")
    parser.add_argument(
        "--steps",
        type=_count_or_none,
        metavar="N",
        help=f"training steps of each; 0 only solves with the weights there are [{STEPS}; 0 for a model]",
    )
    parser.add_argument(
        "--csv", type=place, metavar="FILE", help="write them as rows, as they are known; - prints them"
    )
    parser.add_argument("--json", action="store_true", help="tell each as a JSON object a line, as soon as it is known")
    add_setting_options(parser)


def _run(options: argparse.Namespace) -> int:
    model = beginning(options.name, options.experiment)
    axes = _axes(options, model.experiment)
    choices, steps = choices_of(axes), _steps_of(options, trained=model.step > 0)
    with told_as_misuse():
        experiments = [experiment_as_asked(model.experiment, chosen(axes, choice, options)) for choice in choices]
    _check_place(options, experiments)
    from nodeviz.cli.sweeping import Sweeping  # here, for it imports torch

    with told_as_misuse():
        sweeping = Sweeping(model, experiments, steps)
    rows: list[Row] = []
    for choice, experiment, found in zip(choices, experiments, sweeping.run(), strict=False):
        rows.append(Row(choice, experiment, found))
        if options.json:
            print(as_json(axes, rows[-1]), flush=True)
        if options.csv not in (None, PRINTED):
            write_atomically(options.csv, as_csv(axes, rows))
    if options.csv == PRINTED:
        print(as_csv(axes, rows).decode(), end="")
    elif not options.json:
        print("\n".join(in_words(axes, rows, steps)))
    if sweeping.interrupted:
        print(f"Interrupted; {len(rows)} of {len(choices)} are known.", file=sys.stderr)
        return INTERRUPTED
    return SUCCESS


def _axes(options: argparse.Namespace, experiment: Experiment) -> tuple[Axis, ...]:
    axes = axes_in(options.over, options)
    if options.seeds is not None:
        axes = (*axes, _seeds(axes, options, experiment))
    if not axes:
        raise Misuse("Say what to go over, e.g. --over rtol=1e-2,1e-3 or --seeds 3.")
    return axes


def _check_place(options: argparse.Namespace, experiments: Sequence[Experiment]) -> None:
    """Raises `Misuse` where the CSV cannot be, before hours are spent on it."""
    if options.csv == PRINTED and options.json:
        raise Misuse("--csv - and --json would both be printed; name a file, or leave one of them out.")
    if options.csv not in (None, PRINTED):
        if options.csv.is_dir() or not options.csv.absolute().parent.is_dir():
            raise Misuse(f"--csv needs a file in a folder that is there; got {options.csv}.")
        for experiment in experiments:
            source = options.experiment or (Path(options.name) if options.name else None)
            check_not_read("--csv", options.csv, source, experiment)


def _seeds(axes: Sequence[Axis], options: argparse.Namespace, experiment: Experiment) -> Axis:
    if any(axis.name == "seed" for axis in axes):
        raise Misuse("--over seed and --seeds say the same; leave one of them out.")
    asked = getattr(options, "training.seed")
    return seeds_from(experiment.training.seed if asked is None else asked, options.seeds)


def _steps_of(options: argparse.Namespace, *, trained: bool) -> int:
    if options.steps is not None:
        return int(options.steps)
    return 0 if trained else STEPS


def _count_or_none(text: str) -> int:
    return 0 if text == "0" else count(text)


SWEEP = Command(
    name="sweep",
    help="train with every combination of some settings",
    description="Train an experiment, or solve with a model, once for every combination of some settings, in a table.",
    add_options=_add_options,
    run=_run,
)
