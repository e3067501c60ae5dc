"""Which command is meant, and what its end means for the exit status."""

from __future__ import annotations

import os
import sys

from nodeviz import __version__
from nodeviz.assets_path import ready_made
from nodeviz.cli.bench import BENCH
from nodeviz.cli.command import FAILURE, INTERRUPTED, MISUSE, Command, Misuse, Parser, did_you_mean
from nodeviz.cli.export import EXPORT
from nodeviz.cli.methods import METHODS_COMMAND
from nodeviz.cli.study import STUDY
from nodeviz.cli.sweep import SWEEP
from nodeviz.cli.train import TRAIN

COMMANDS: tuple[Command, ...] = (TRAIN, SWEEP, STUDY, EXPORT, BENCH, METHODS_COMMAND)

_OVERVIEW = """\
nodeviz explores neural ODEs in the plane: type a vector field or learn one, watch its trajectories and what they cost.

  nodeviz                  open the window where you left it
  nodeviz FILE             open a model (.nodeviz) or an experiment (.json) in the window, or a ready-made one by name
  nodeviz --screenshot PICTURE [--seconds N] [--size 1280x800] [--theme dark|light] [FILE]
                           open the window, train for N seconds [5], save a picture of it and close
{commands}
  nodeviz COMMAND --help   all options of a command
  nodeviz --version        which version this is

For example:
  nodeviz train spiral --steps 2000 --method tsit5 --rtol 1e-5 --out run/
  nodeviz sweep spiral --over method=tsit5,dopri5 --over rtol=1e-2,1e-4,1e-6
  nodeviz export run/model.nodeviz --script field.py --csv trajectories.csv
"""


def run(arguments: list[str]) -> int:
    """Do what `arguments` say; the exit status. Mistakes are a sentence on standard error, never a traceback."""
    try:
        return _run(arguments)
    except Misuse as error:
        print(f"nodeviz: {error}", file=sys.stderr)
        return MISUSE
    except BrokenPipeError:  # the reader had enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILURE
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"nodeviz: {where}{error.strerror or error}", file=sys.stderr)
        return FAILURE
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(arguments: list[str]) -> int:
    first = arguments[0] if arguments else "--help"
    if first in ("-h", "--help", "help"):
        print(_overview(), end="")
        return 0
    if first in ("-V", "--version"):
        print(f"nodeviz {__version__}")
        return 0
    command = _named(first)
    parser = Parser(prog=f"nodeviz {command.name}", description=command.description, allow_abbrev=False)
    command.add_options(parser)
    return command.run(parser.parse_all(arguments[1:]))


def _named(word: str) -> Command:
    commands = {command.name: command for command in COMMANDS}
    if word not in commands:
        meant = did_you_mean(word, [*commands, *ready_made()])
        raise Misuse(
            f"There is no command, file or ready-made experiment {word!r}{meant}. "
            f"The commands are {', '.join(commands)}; see `nodeviz --help`."
        )
    return commands[word]


def _overview() -> str:
    lines = (f"  nodeviz {command.name:<16} {command.help}" for command in COMMANDS)
    return _OVERVIEW.format(commands="\n".join(lines))
