"""Where a command may write: not over what it reads, and to standard output where - is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nodeviz.cli.command import Misuse
from nodeviz.datasets.declared import FileDataset
from nodeviz.experiment import Experiment

PRINTED = Path("-")
"""Standard output, which may be a file that is not to be replaced."""


def place(text: str) -> Path:
    """The type of an option that names a file to be written."""
    return PRINTED if text == "/dev/stdout" else Path(text)


def check_not_read(flag: str, path: Path, source: Path | None, experiment: Experiment) -> None:
    """Raises `Misuse` where `path` is the `source` that a command reads, or the file of the experiment's data."""
    if any(same_file(path, other) for other in _read(source, experiment)):
        raise Misuse(f"{flag} would write over {path}, which it is made from; name another file.")


def same_file(path: Path, other: Path) -> bool:
    """Whether both name one file, which need not be there yet."""
    if path.exists() and other.exists():
        return path.samefile(other)
    return path.resolve() == other.resolve()


def _read(source: Path | None, experiment: Experiment) -> Iterator[Path]:
    if source is not None:
        yield source
    dataset = experiment.dataset
    if isinstance(dataset, FileDataset) and dataset.path:
        yield Path(dataset.path)
