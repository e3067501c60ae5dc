"""`nodeviz export`: a model's weights, script and trajectories as files."""

from __future__ import annotations

import argparse
from math import isfinite
from pathlib import Path

from nodeviz.cli.command import SUCCESS, Command, Misuse
from nodeviz.cli.sources import model_in
from nodeviz.export import FORMATS, Exported
from nodeviz.library.atomic import write_atomically


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", type=Path, metavar="MODEL", help="a model file (.nodeviz) or an experiment (.json)")
    for format in FORMATS:
        parser.add_argument(f"--{format.name}", type=Path, metavar="FILE", help=format.sentence)
    parser.add_argument(
        "--start",
        type=_start,
        action="append",
        default=[],
        metavar="X,Y",
        help="one more start for the trajectories, in the data's own units, e.g. --start=-1,0.5; may be given again",
    )


def _run(options: argparse.Namespace) -> int:
    wanted = [(format, path) for format in FORMATS if (path := getattr(options, format.name)) is not None]
    if not wanted:
        flags = ", ".join(f"--{format.name} FILE" for format in FORMATS)
        raise Misuse(f"Say what to export, and where to: {flags}.")
    model = model_in(options.source)
    from nodeviz.cli.solving import solved_trajectories  # here, for it imports torch

    exported = Exported(model, solved_trajectories(model, options.start))
    for format, path in wanted:
        write_atomically(path, format.encode(exported))
        print(f"{format.label}: {path}")
    return SUCCESS


def _start(text: str) -> tuple[float, float]:
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"two numbers with a comma between them are needed; got {text!r}") from error
    if not (isfinite(x) and isfinite(y)):
        raise argparse.ArgumentTypeError(f"a start is two finite numbers; got {text!r}")
    return x, y


EXPORT = Command(
    name="export",
    help="write a model's weights, script or trajectories to files",
    description="Write what a model holds to files. Every file is written whole or not at all.",
    add_options=_add_options,
    run=_run,
)
