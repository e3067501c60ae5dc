"""Everything drawn larger: chosen in the window, in force from the next start on, and never larger than the screen."""

from __future__ import annotations

import os

import pytest

from nodeviz.ui import magnifying
from nodeviz.ui.commands import COMMANDS
from nodeviz.ui.desk import Workplace
from nodeviz.ui.launch import Launched
from nodeviz.ui.preferences import PreferenceKeeper, Preferences

RUN = {command.name: command.run for command in COMMANDS}


@pytest.fixture
def place(launched: Launched) -> Workplace:
    return Workplace(launched.desk, launched.window)


def test_a_size_is_kept_for_the_next_start_and_said(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(magnifying, "_fits", lambda place, size: True)
    for name, size in (("larger", 1.25), ("larger", 1.5), ("smaller", 1.25)):
        RUN[name](place)
        assert PreferenceKeeper().current.magnification == size
        assert f"{size:.0%} from the next start on" in place.window.status.message.text()
    RUN["usual size"](place)
    assert PreferenceKeeper().current.magnification == 1.0
    assert place.window.status.message.text() == "Everything is drawn at 100%."


def test_there_is_a_largest_and_a_smallest_size(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(magnifying, "_fits", lambda place, size: True)
    for _ in range(2 * len(magnifying.SIZES)):
        RUN["larger"](place)
    assert PreferenceKeeper().current.magnification == magnifying.SIZES[-1]
    for _ in range(2 * len(magnifying.SIZES)):
        RUN["smaller"](place)
    assert PreferenceKeeper().current.magnification == 1.0


def test_what_would_not_fit_on_the_screen_is_refused(place: Workplace) -> None:
    place.window.setMinimumWidth(place.window.screen().availableSize().width())
    RUN["larger"](place)
    assert PreferenceKeeper().current.magnification == 1.0
    assert "would not fit" in place.window.status.message.text()


def test_qt_is_told_before_it_starts_and_what_the_environment_asks_for_counts_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(magnifying.VARIABLE, raising=False)
    magnifying.magnify(Preferences())
    assert magnifying.VARIABLE not in os.environ
    monkeypatch.setenv(magnifying.VARIABLE, "2")
    magnifying.magnify(Preferences(magnification=1.5))
    assert os.environ[magnifying.VARIABLE] == "3"
