"""Timing in turns: who is called when, what a round is, and waiting for the device."""

from __future__ import annotations

from time import sleep

import pytest

from nodeviz.analysis.timing import in_turns


def test_what_takes_longer_is_found_to_take_longer() -> None:
    timings = in_turns({"long": lambda: sleep(0.004), "short": lambda: sleep(0.001)}, rounds=3, shortest=0.0)
    assert timings["long"].median > timings["short"].median >= 0.001
    assert len(timings["long"].rounds) == 3


def test_every_other_round_goes_backwards() -> None:
    called: list[str] = []
    in_turns({"a": lambda: called.append("a"), "b": lambda: called.append("b")}, rounds=2, shortest=0.0)
    assert "".join(called)[-4:] == "abba"


def test_a_quick_call_is_repeated_until_a_round_is_long_enough() -> None:
    called: list[int] = []
    timing = in_turns({"quick": lambda: called.append(1)}, rounds=1, shortest=0.001)["quick"]
    assert len(called) > 100
    assert timing.median < 0.001


def test_the_clock_is_read_only_when_all_is_done() -> None:
    told: list[str] = []
    in_turns({"work": lambda: told.append("work")}, rounds=1, settle=lambda: told.append("settle"), shortest=0.0)
    assert told[-3:] == ["settle", "work", "settle"]


def test_no_rounds_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1 round"):
        in_turns({"work": lambda: None}, rounds=0)
