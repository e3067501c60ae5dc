"""One question is in flight; the newest waits."""

from __future__ import annotations

from nodeviz.ui.in_flight import OneInFlight


def test_the_first_goes_out_and_the_second_waits() -> None:
    questions: OneInFlight[int] = OneInFlight()
    questions.offer(1)
    assert questions.next() == 1
    questions.offer(2)
    assert questions.next() is None


def test_the_newest_replaces_what_waited() -> None:
    questions: OneInFlight[int] = OneInFlight()
    questions.offer(1)
    questions.next()
    questions.offer(2)
    questions.offer(3)
    questions.answered()
    assert questions.next() == 3
    questions.answered()
    assert questions.next() is None


def test_a_flush_sends_what_waits_at_once() -> None:
    questions: OneInFlight[int] = OneInFlight()
    questions.offer(1)
    questions.next()
    questions.offer(2)
    assert questions.flush() == 2 and questions.busy


def test_forgetting_leaves_nothing() -> None:
    questions: OneInFlight[int] = OneInFlight()
    questions.offer(1)
    questions.next()
    questions.offer(2)
    questions.forget()
    assert not questions.busy and questions.next() is None
