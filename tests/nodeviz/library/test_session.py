"""The session: it outlives the window, and damage to it loses nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nodeviz.experiment import Experiment
from nodeviz.library.model_file import initial_model
from nodeviz.library.session import restore_session, save_session, session_path

MODEL = initial_model(Experiment(name="mine"))._replace(step=7)


def test_the_first_launch_finds_nothing_and_says_nothing() -> None:
    assert restore_session() == (None, "")


def test_what_was_saved_is_restored() -> None:
    save_session(MODEL)
    restored = restore_session()
    assert restored.model is not None
    assert (restored.model.experiment, restored.model.step) == (MODEL.experiment, 7)
    np.testing.assert_array_equal(restored.model.theta, MODEL.theta)
    assert not restored.message


def test_a_damaged_session_is_set_aside_with_a_word(home: Path) -> None:
    for number in (1, 2):
        session_path().write_bytes(b"damage")
        restored = restore_session()
        kept = home / f"session-damaged-{number}.nodeviz"
        assert restored.model is None
        assert str(kept) in restored.message
        assert kept.read_bytes() == b"damage"
        assert not session_path().exists()


def test_a_home_that_cannot_be_made_is_a_word_not_a_crash(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("NODEVIZ_HOME", str(tmp_path / "file" / "home"))
    assert "could not be opened" in restore_session().message
