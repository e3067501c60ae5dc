"""How files are written: whole or not at all, also when the disk fills or the power goes in the middle."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISDIR, S_ISREG


def write_atomically(path: Path, data: bytes) -> None:
    """Put `data` at `path`, replacing what is there in one step; a link stays a link to the file it names.

    What is no file, such as a pipe or a device, is written to as it is. Raises `OSError` with `path` as its filename;
    then a file at `path` is as it was.
    """
    write_together({path: data})


def write_together(files: Mapping[Path, bytes]) -> None:
    """Put the bytes of each at its path, as `write_atomically` does: all are on the disk before any takes its place.

    Raises `OSError` with the path that failed as its filename; of several files it says what became of the others.
    """
    streams = [path for path in files if _is_stream(path)]
    waiting = {path: _Waiting(path) for path in files if path not in streams}
    untouched = "; all files are as they were" if len(waiting) > 1 else ""
    try:
        for path, file in waiting.items():
            with _naming(path, untouched):
                file.write(files[path])
        for path in streams:
            with _naming(path, untouched):
                path.write_bytes(files[path])
        _let_take_their_places(waiting)
    finally:
        for file in waiting.values():
            file.clear()  # still there after any failure, Ctrl+C included
    for folder in {file.target.parent for file in waiting.values()}:
        _settle(folder)


class _Waiting:
    """A file beside the one whose place it will take."""

    def __init__(self, path: Path) -> None:
        self.target = path.resolve()
        self._temporary = self.target.with_name(f".{self.target.name}.{secrets.token_hex(4)}.tmp")

    def write(self, data: bytes) -> None:
        with self._temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    def take_its_place(self) -> None:
        os.replace(self._temporary, self.target)

    def clear(self) -> None:
        with suppress(OSError):
            self._temporary.unlink()


def _let_take_their_places(waiting: Mapping[Path, _Waiting]) -> None:
    new: list[str] = []
    for path, file in waiting.items():
        with _naming(path, f"; {', '.join(new)} is new, the others are as they were" if new else ""):
            file.take_its_place()
        new.append(path.name)


@contextmanager
def _naming(path: Path, what_became: str) -> Iterator[None]:
    """Within, an error is one of `path`, and says what became of the other files."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror}{what_became}", str(path)) from error


def _is_stream(path: Path) -> bool:
    """Whether there is something at `path` that is no file, and cannot be replaced by one: a pipe, a device."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (S_ISREG(mode) or S_ISDIR(mode))


def _settle(folder: Path) -> None:
    """Ask for the folder's own entry to reach the disk, where the system can. The file is in its place already."""
    if os.name != "posix":
        return
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
