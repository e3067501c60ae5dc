"""Training gives up after solves that fail in a row, and only then."""

from nodeviz.engine.patience import PATIENCE, Patience


def after(*failures):
    patience = Patience()
    for failed in failures:
        patience.note(failed)
    return patience


def test_it_is_lost_after_that_many_failures_in_a_row():
    assert not after(*[True] * (PATIENCE - 1)).lost
    assert after(*[True] * PATIENCE).lost


def test_one_success_makes_good_for_the_failures_before():
    assert not after(*[True] * (PATIENCE - 1), False, *[True] * (PATIENCE - 1)).lost
    assert not after(*[True] * PATIENCE, False).lost


def test_it_can_be_renewed():
    patience = after(*[True] * PATIENCE)
    patience.renew()
    assert not patience.lost
