"""A person's own file before it is read: what cannot be read is refused with a sentence, and a change is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from nodeviz.datasets.watched_file import LARGEST, Kind

LETTERS = Kind("The letter", "a text file", "a letter")


def test_another_version_is_told_by_its_time_or_size(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Dear")
    before = LETTERS.version(path)
    assert LETTERS.version(path) == before
    path.write_text("Dearest")
    assert LETTERS.version(path) != before


def test_a_file_that_is_not_there_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^The letter .*a\.txt cannot be read: .* Choose a file that exists\.$"):
        LETTERS.version(tmp_path / "a.txt")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r" is no file; choose a text file\.$"):
        LETTERS.version(tmp_path)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(ValueError, match=r"has 50,000,001 bytes; a letter may have at most 50,000,000\.$"):
        LETTERS.version(path)
