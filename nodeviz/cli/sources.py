"""Where an experiment or a model comes from: a ready-made name, an experiment's JSON, or a model file."""

from __future__ import annotations

import argparse
from pathlib import Path

from nodeviz.assets_path import ready_made
from nodeviz.cli.command import Misuse, did_you_mean
from nodeviz.library.experiment_file import load_experiment
from nodeviz.library.model_file import SUFFIX, Model, initial_model, load_model

FILES = (SUFFIX, ".json")


def add_source_options(parser: argparse.ArgumentParser, purpose: str) -> None:
    """Give `parser` what `beginning` takes: a name, and --experiment, whose help is `purpose`."""
    names = ", ".join(ready_made())
    parser.add_argument("name", nargs="?", help=f"a file, or a ready-made experiment: {names} [spiral]")
    parser.add_argument("--experiment", type=Path, metavar="FILE", help=purpose)


def beginning(name: str | None, file: Path | None) -> Model:
    """What to begin with: what is in `file`, or in the file that `name` is the path of; or else the ready-made
    experiment `name`, the spiral when there is none.
    """
    if file is None:
        return model_in(Path(name)) if name and _is_path(name) else ready_made_model(name or "spiral")
    if name is not None:
        raise Misuse(f"Name either the ready-made experiment {name} or --experiment, not both.")
    return model_in(file)


def _is_path(name: str) -> bool:
    """Whether this can only be meant as a file: ready-made experiments have plain names."""
    return Path(name).suffix in FILES or len(Path(name).parts) > 1


def ready_made_model(name: str) -> Model:
    """The ready-made experiment called `name`, at step 0. Raises `Misuse` when there is none."""
    known = ready_made()
    if name not in known:
        raise Misuse(
            f"There is no ready-made experiment {name!r}{did_you_mean(name, known)}. "
            f"There are {', '.join(known)}; a file ends in .json or {SUFFIX}."
        )
    return model_in(known[name])


def model_in(path: Path) -> Model:
    """The model, or the experiment at step 0, in the file at `path`. Raises `Misuse` saying what is wrong with it."""
    try:
        if path.suffix == ".json":
            return initial_model(load_experiment(path))
        return load_model(path)
    except OSError as error:
        raise Misuse(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise Misuse(f"{path} cannot be used. {error}") from error
