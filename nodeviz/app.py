"""What `nodeviz` means: the window, when no command is named, or the command line."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from nodeviz.assets_path import ready_made
from nodeviz.cli.command import MISUSE, Misuse, Parser, did_you_mean
from nodeviz.display import WITHOUT_A_WINDOW, obstacle, obstacle_of_import
from nodeviz.library.model_file import SUFFIX

NO_WINDOW = 3
"""Exit status when no window can open here."""
OPENED = (SUFFIX, ".json")
SMALLEST, LARGEST = (960, 600), 8192
"""Sides of the window, in pixels."""
LONGEST = 86_400
"""Seconds of training before a picture: a day."""


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window, or do what the command line says; the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not _means_the_window(arguments):
        from nodeviz.cli.run import run  # here and below, so that the window imports no command

        return run(arguments)
    try:
        return _open_the_window(arguments)
    except Misuse as error:
        print(f"nodeviz: {error}", file=sys.stderr)
        return MISUSE


def _means_the_window(arguments: list[str]) -> bool:
    if not arguments:
        return True
    from nodeviz.cli.run import COMMANDS

    first = arguments[0]
    if first in ("-h", "--help", "-V", "--version", *(command.name for command in COMMANDS)):
        return False
    return first.startswith("-") or Path(first).suffix in OPENED or Path(first).exists() or first in ready_made()


def _open_the_window(arguments: list[str]) -> int:
    parser = Parser(prog="nodeviz", add_help=False, allow_abbrev=False)
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--open", type=Path, metavar="FILE")
    parser.add_argument("--screenshot", type=Path, metavar="PICTURE")
    parser.add_argument("--seconds", type=_seconds, default=5.0, metavar="N")
    parser.add_argument("--size", type=_size, metavar="WIDTHxHEIGHT")
    parser.add_argument("--theme", choices=("dark", "light", "system"))
    options = parser.parse_all(arguments)
    file = _existing(options.open or options.file)
    if options.screenshot is not None and file is not None:
        _check_readable(file)
    if options.screenshot is None and (options.size or options.theme):
        raise Misuse("--size and --theme are for --screenshot; the window itself remembers yours.")
    trouble = obstacle()
    if trouble is not None:
        return _without_a_window(trouble)
    _make_haste()
    from nodeviz.ui.ahead import client_ahead

    client = client_ahead()
    try:
        from nodeviz.ui.launch import open_window  # here, so that nothing else imports Qt
        from nodeviz.ui.screenshot import Screenshot

        asked = None
        if options.screenshot is not None:
            asked = Screenshot(options.screenshot, options.seconds, options.size, options.theme)
        return open_window(sys.argv[:1], client, path=file, screenshot=asked)
    except ImportError as error:
        if not (error.name or "").startswith(("nodeviz", "solver")):
            return _without_a_window(obstacle_of_import(error))
        raise
    finally:
        client.stop()
        gc.enable()


def _make_haste() -> None:
    """Leave out what only costs time before the first frame."""
    gc.disable()  # what a start makes is there to stay; the window collects again from its first frame on
    # numpy's threads are made at its import, each with its buffers. The window multiplies no matrices worth them.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def _existing(file: Path | None) -> Path | None:
    """`file`, or the ready-made experiment of that name. Raises `Misuse` when there is neither."""
    if file is None or file.is_file():
        return file
    known = ready_made()
    if str(file) not in known:
        raise Misuse(f"There is no file or ready-made experiment {file}{did_you_mean(str(file), known)}.")
    return known[str(file)]


def _check_readable(file: Path) -> None:
    """Raises `Misuse` with what is wrong with `file`: a window would say so in a banner, and show something else."""
    from nodeviz.cli.sources import model_in

    model_in(file)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= LONGEST:
        raise argparse.ArgumentTypeError(f"a number of seconds from 0 to {LONGEST} is needed; got {text!r}")
    return seconds


def _size(text: str) -> tuple[int, int]:
    """Raises `ArgumentTypeError`: of any other `ValueError` argparse would leave out the sentence."""
    across, _, down = text.lower().partition("x")
    try:
        size = int(across), int(down)
    except ValueError:
        size = 0, 0
    if not all(smallest <= side <= LARGEST for smallest, side in zip(SMALLEST, size, strict=True)):
        width, height = SMALLEST
        raise argparse.ArgumentTypeError(
            f"a size like 1280x800 is needed, from {width}x{height} to {LARGEST} a side; got {text!r}"
        )
    return size


def _without_a_window(trouble: str) -> int:
    print(f"nodeviz cannot open its window. {trouble}\n{WITHOUT_A_WINDOW}", file=sys.stderr)
    return NO_WINDOW
