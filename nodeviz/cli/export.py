"""`nodeviz export`: a model's weights, script and trajectories as files."""

from __future__ import annotations

import argparse
import sys
from math import isfinite
from pathlib import Path

from nodeviz.cli.command import SUCCESS, Command, Misuse
from nodeviz.cli.places import PRINTED, check_not_read, place, same_file
from nodeviz.cli.sources import model_in
from nodeviz.experiment import Experiment
from nodeviz.export import FORMATS, Exported, Format
from nodeviz.library.atomic import write_together


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", type=Path, metavar="MODEL", help="a model file (.nodeviz) or an experiment (.json)")
    for format in FORMATS:
        printed = " - prints it." if format.text else ""
        parser.add_argument(f"--{format.name}", type=place, metavar="FILE", help=format.sentence + printed)
    parser.add_argument(
        "--start",
        type=_start,
        action="append",
        default=[],
        metavar="X,Y",
        help="one more start for the trajectories, in the data's own units, e.g. --start=-1,0.5; may be given again",
    )


def _run(options: argparse.Namespace) -> int:
    wanted = {format: path for format in FORMATS if (path := getattr(options, format.name)) is not None}
    if not wanted:
        flags = ", ".join(f"--{format.name} FILE" for format in FORMATS)
        raise Misuse(f"Say what to export, and where to: {flags}.")
    model = model_in(options.source)
    _check_places(wanted, options.source, model.experiment)
    from nodeviz.cli.solving import solved_trajectories  # here, for it imports torch

    exported = Exported(model, solved_trajectories(model, options.start))
    encoded = {format: format.encode(exported) for format in wanted}
    write_together({path: encoded[format] for format, path in wanted.items() if path != PRINTED})
    printed = [encoded[format] for format, path in wanted.items() if path == PRINTED]
    for format, path in wanted.items():
        if path != PRINTED:
            print(f"{format.label}: {path}", file=sys.stderr if printed else sys.stdout)
    sys.stdout.flush()
    for text in printed:
        sys.stdout.buffer.write(text)
    return SUCCESS


def _check_places(wanted: dict[Format, Path], source: Path, experiment: Experiment) -> None:
    """Raises `Misuse` where a file would be written twice, or over one that is read, or what is no text be printed."""
    before: list[Path] = []
    for format, path in wanted.items():
        if path == PRINTED and not format.text:
            raise Misuse(f"--{format.name} is no text to be printed; name a file instead of -.")
        check_not_read(f"--{format.name}", path, source, experiment)
        if any(same_file(path, other) for other in before):
            raise Misuse(f"--{format.name} and another option name the same file {path}; name another one.")
        before.append(path)


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
