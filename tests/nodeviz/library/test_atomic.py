"""Writing a file: whole or not at all."""

from __future__ import annotations

import itertools
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from nodeviz.library import atomic
from nodeviz.library.atomic import write_atomically, write_together


def test_the_bytes_arrive_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    write_atomically(path, b"old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_failure_leaves_the_old_file_and_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    path = tmp_path / "file.bin"
    write_atomically(path, b"old")

    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, failing, fail)
    with pytest.raises(OSError, match="No space left") as caught:
        write_atomically(path, b"new")
    assert caught.value.filename == str(path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file.bin"
    write_atomically(path, b"old")

    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(atomic.os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_settled_is_no_failure_for_the_file_is_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle = os.fsync

    def refuse_folders(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(22, "Invalid argument")
        settle(descriptor)

    monkeypatch.setattr(atomic.os, "fsync", refuse_folders)
    write_atomically(tmp_path / "file.bin", b"new")
    assert (tmp_path / "file.bin").read_bytes() == b"new"


def test_a_folder_that_is_not_there_is_an_error_with_the_files_name(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "file.bin"
    with pytest.raises(FileNotFoundError) as caught:
        write_atomically(path, b"")
    assert caught.value.filename == str(path)


@pytest.mark.skipif(os.name != "posix", reason="links and modes of POSIX")
def test_a_link_stays_a_link_and_the_mode_is_the_users(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    plain = tmp_path / "plain"
    plain.touch()
    assert target.stat().st_mode == plain.stat().st_mode


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_together({pipe: b"through", tmp_path / "file": b"beside"})
    assert os.read(reader, 100) == b"through"
    os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode) and (tmp_path / "file").read_bytes() == b"beside"
    assert {file.name for file in tmp_path.iterdir()} == {"pipe", "file"}


def failing_at(number: int, working: Callable[..., None]) -> Callable[..., None]:
    """`working`, but for the call of that number."""
    calls = itertools.count(1)

    def call(*arguments: object) -> None:
        if next(calls) == number:
            raise OSError(28, "No space left on device")
        working(*arguments)

    return call


@pytest.mark.parametrize(
    ("failing", "number", "sentence", "left"),
    [
        ("fsync", 2, "second: No space left on device; all files are as they were", [b"old", b"old", b"old"]),
        ("replace", 3, "third: .*; first, second is new, the others are as they were", [b"new", b"new", b"old"]),
    ],
)
def test_files_that_are_written_together_are_all_new_or_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str, number: int, sentence: str, left: list[bytes]
) -> None:
    files = [tmp_path / name for name in ("first", "second", "third")]
    write_together(dict.fromkeys(files, b"old"))
    monkeypatch.setattr(atomic.os, failing, failing_at(number, getattr(os, failing)))
    with pytest.raises(OSError) as caught:
        write_together(dict.fromkeys(files, b"new"))
    assert re.search(sentence, f"{caught.value.filename}: {caught.value.strerror}")
    assert [file.read_bytes() for file in files] == left
    assert sorted(tmp_path.iterdir()) == files
