"""When the figure of merit is due, by a clock that only steps and evaluations move on."""

import numpy as np

from nodeviz.engine.evaluations import Evaluations


def evaluated(steps: int, *took: float) -> list[int]:
    """After which of so many steps of 4 ms, where evaluations take so many seconds, all later ones the last."""
    evaluations, now, found, left = Evaluations(), 100.0, [], list(took)
    for step in range(1, steps + 1):
        now += 0.004
        if evaluations.due(step, now):
            began, now = now, now + (left.pop(0) if len(left) > 1 else left[0])
            evaluations.note(step, began, now)
            found.append(step)
    return found


def test_they_take_a_fiftieth_of_the_time_and_more_only_at_first():
    steps = evaluated(2000, 0.01)
    assert steps[:5] == [1, 3, 9, 27, 81]
    assert set(np.diff(steps[8:]).tolist()) == {125}, "every half second"


def test_what_takes_long_is_not_evaluated_more_often_at_first():
    first, second = evaluated(3000, 0.3)
    assert first == 1 and second - first == 625, "taken for a usual one at first"


def test_one_that_takes_long_does_not_delay_the_next():
    first, slow, after, *_ = evaluated(60, 0.001, 3.0, 0.001)
    assert (first, slow) == (1, 3) and after <= 16
