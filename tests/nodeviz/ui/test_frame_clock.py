"""The clock ticks, measures, and lowers the detail when frames come late."""

from __future__ import annotations

from nodeviz.ui.frame_clock import EASY, LATE, PATIENCE, FrameClock
from nodeviz.ui.pace import Pace


def test_it_ticks_about_sixty_times_a_second(qtbot) -> None:
    clock, ticks = FrameClock(), []
    clock.ticked.connect(ticks.append)
    clock.start()
    qtbot.waitUntil(lambda: len(ticks) >= 20)
    clock.stop()
    assert clock.fps > 15 and 0 < clock.tick_p99 < 0.1
    assert all(0 < seconds <= 0.1 for seconds in ticks)


def test_late_frames_lower_the_detail_and_say_so(qtbot) -> None:
    clock, told = FrameClock(), []
    clock.detailChanged.connect(told.append)
    clock.judge(2 * LATE)
    clock.judge(2 * LATE)
    assert told == [0.5, 0.25] and clock.detail == 0.25


def test_detail_never_falls_below_its_least(qtbot) -> None:
    clock = FrameClock()
    for _ in range(20):
        clock.judge(1.0)
    assert clock.detail > 0


def test_detail_comes_back_only_after_a_while_of_easy_frames(qtbot) -> None:
    clock = FrameClock()
    clock.judge(2 * LATE)
    for _ in range(PATIENCE - 1):
        clock.judge(EASY / 2)
    assert clock.detail == 0.5
    clock.judge(EASY / 2)
    assert clock.detail == 1.0


def test_a_pace_is_due_once_an_interval_and_not_in_the_same_frame_as_another() -> None:
    first, second = Pace(0.1), Pace(0.1, 0.05)
    frames = [(first.due(0.016), second.due(0.016)) for _ in range(60)]
    assert 9 <= sum(due for due, _ in frames) <= 11
    assert 9 <= sum(due for _, due in frames) <= 11
    assert not any(one and other for one, other in frames)


def test_a_pace_that_was_stalled_does_not_catch_up() -> None:
    pace = Pace(0.1)
    assert pace.due(10.0)
    assert sum(pace.due(0.016) for _ in range(6)) <= 2
