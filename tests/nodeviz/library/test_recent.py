"""The list of recent files."""

from __future__ import annotations

from pathlib import Path

import pytest

from nodeviz.library.recent import LONGEST, recent_files, remember


def test_the_newest_comes_first_and_each_once(tmp_path: Path) -> None:
    files = [tmp_path / name for name in "abc"]
    for file in [*files, files[0]]:
        file.touch()
        remember(file)
    assert recent_files() == (files[0], files[2], files[1])


def test_it_stays_short_and_leaves_out_what_is_gone(tmp_path: Path) -> None:
    for number in range(LONGEST + 3):
        file = tmp_path / str(number)
        file.touch()
        remember(file)
    file.unlink()
    assert len(recent_files()) == LONGEST - 1
    assert file not in recent_files()


@pytest.mark.parametrize("text", ["", "{", "3", "[3]", "\udcff"])
def test_a_damaged_list_counts_as_empty(home: Path, text: str) -> None:
    (home / "recent.json").write_bytes(text.encode(errors="surrogateescape"))
    assert recent_files() == ()
