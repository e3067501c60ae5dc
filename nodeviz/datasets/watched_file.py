"""A person's own file, before it is read: whether it can be, and which version of it is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

LARGEST = 50_000_000
"""Bytes: a longer file is nothing for the plane that a person looks at."""


class Version(NamedTuple):
    """When a file changed last, in nanoseconds, and its bytes: others when it has to be read again."""

    changed: int
    size: int


@dataclass(frozen=True)
class Kind:
    """How sentences name what a file holds, as in "The image x.png cannot be read", and the file to choose instead."""

    what: str
    wanted: str
    indefinite: str

    def version(self, path: Path) -> Version:
        """What is at `path` now. Raises `ValueError`, a sentence, where it is no file that can be read."""
        try:
            there = path.stat()
        except OSError as error:
            raise ValueError(
                f"{self.what} {path} cannot be read: {error.strerror}. Choose a file that exists."
            ) from error
        if not path.is_file():
            raise ValueError(f"{path} is no file; choose {self.wanted}.")
        if there.st_size > LARGEST:
            raise ValueError(f"{path} has {there.st_size:,} bytes; {self.indefinite} may have at most {LARGEST:,}.")
        return Version(there.st_mtime_ns, there.st_size)
