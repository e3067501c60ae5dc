"""Histories: the newest values are kept, and the pyramid tells the truth about all of them, in little memory."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nodeviz.ui.plots.history import BRANCHES, NEWEST, History, Smoothed, exponential_mean

values = st.floats(-1e6, 1e6) | st.just(float("nan"))


def brute_force(record: History, begin: int, end: int, bins: int):
    """Extremes of the same bins, from the values themselves."""
    size = 1
    while end - begin > size * bins:
        size *= 2
    low, high = [], []
    for start in range(begin - begin % size, end, size):
        part = record.values[start : start + size]
        part = part[np.isfinite(part)]
        low.append(part.min() if part.size else np.nan)
        high.append(part.max() if part.size else np.nan)
    return np.array(low), np.array(high)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(values, min_size=1, max_size=90), min_size=1, max_size=12),
    st.floats(0, 1),
    st.floats(0, 1),
    st.integers(1, 40),
)
def test_the_envelope_is_what_brute_force_finds(parts, from_share, to_share, bins):
    record, end = History(), 0
    for part in parts:
        record.append(end, np.array(part))
        end += len(part)
    begin = int(min(from_share, to_share) * (end - 1))
    last = int(max(from_share, to_share) * (end - 1))
    envelope = record.envelope(begin, last, bins)
    low, high = brute_force(record, begin, last + 1, bins)
    np.testing.assert_array_equal(envelope.low, low)
    np.testing.assert_array_equal(envelope.high, high)
    assert np.all(np.diff(envelope.at) > 0)


@settings(max_examples=40, deadline=None)
@given(st.lists(values, min_size=2, max_size=300), st.data())
def test_going_back_forgets_what_came_after(recorded, data):
    back = data.draw(st.integers(0, len(recorded) - 1))
    again = data.draw(st.lists(values, min_size=1, max_size=100))
    record, fresh = History(), History()
    record.append(0, np.array(recorded))
    record.append(back, np.array(again))
    fresh.append(0, np.array(recorded[:back] + again))
    np.testing.assert_array_equal(record.values, fresh.values)
    for bins in (1, 3, 20):
        for mine, other in zip(record.envelope(0, 1e9, bins), fresh.envelope(0, 1e9, bins), strict=True):
            np.testing.assert_array_equal(mine, other)


def test_a_gap_is_not_a_number_and_does_not_spoil_extremes():
    record = History()
    record.append(10, np.array([1.0, 2.0]))
    record.append(100, np.array([3.0]))
    assert record.first == 10 and record.end == 101
    assert np.isnan(record.values[2:90]).all()
    envelope = record.envelope(0, 200, 1)
    assert (envelope.low[0], envelope.high[0]) == (1.0, 3.0)


def test_a_record_that_begins_earlier_replaces_the_old_one():
    record = History()
    record.append(50, np.ones(100))
    record.append(0, np.zeros(3))
    assert (record.first, record.end) == (0, 3)


def test_ten_million_values_take_little_memory_and_are_drawn_from_few():
    record = History()
    steps = np.arange(10_000_000, dtype=float)
    for part in np.array_split(steps, 5000):
        record.append(int(part[0]), part)
    assert len(record) == 10_000_000
    envelope = record.envelope(0, 1e7, 600)
    assert 300 <= len(envelope.at) <= 600
    assert envelope.low[0] == 0 and envelope.high[-1] == steps[-1]
    newest = record.envelope(9_999_000, 9_999_100, 600)
    np.testing.assert_array_equal(newest.low, np.arange(9_999_000, 9_999_101))
    rooms = [record._values, *(row for level in record._levels for row in level)]
    assert sum(row._room.nbytes for row in rooms) < 1.5e6


@pytest.fixture(scope="module")
def long_record():
    """A quarter of a million values: many more than are kept one by one."""
    values = np.random.default_rng(0).normal(size=8 * NEWEST).astype(np.float32)
    record = History()
    for start in range(0, len(values), 997):
        record.append(start, values[start : start + 997])
    return record, values


@pytest.mark.parametrize(
    "begin, end", [(0, 300), (70_000, 70_400), (1000, 250_000), (200_000, 262_143), (262_000, 262_143)]
)
def test_what_is_long_ago_is_drawn_from_the_exact_extremes_of_larger_blocks(long_record, begin, end):
    record, values = long_record
    envelope = record.envelope(begin, end, 100)
    first, size = begin, 1
    while len(envelope.at) > 1 and size < envelope.at[1] - envelope.at[0]:
        size *= 2
    if len(envelope.at) == 1:
        size = int(2 * (envelope.at[0] + 0.5))
    first = begin - begin % size
    wanted = [values[start : start + size] for start in range(first, end + 1, size)]
    np.testing.assert_array_equal(envelope.low, [part.min() for part in wanted])
    np.testing.assert_array_equal(envelope.high, [part.max() for part in wanted])
    assert begin < len(values) - 2 * NEWEST or size == max(1, 2 ** int(np.ceil(np.log2((end + 1 - begin) / 100))))


def test_going_back_beyond_the_newest_values_keeps_what_is_known_of_those_before(long_record):
    record, values = long_record
    record = copy.deepcopy(record)
    record.append(50_003, np.full(7, 99.0))
    assert record.end == 50_010 and record.at(50_003) == 99.0 and np.isnan(record.at(50_002))
    assert (record.envelope(50_004, 50_009, 8).low == 99.0).all()
    assert record.envelope(50_003, 50_009, 20).high.max() == 99.0
    envelope = record.envelope(0, 50_010, 50)
    assert envelope.high[-1] == 99.0 and envelope.high[:-1].max() < 10.0
    assert envelope.low[:-1].min() == values[:49_152].min()


def test_appending_touches_only_the_end_of_the_pyramid():
    record = History()
    record.append(0, np.zeros(BRANCHES**4))
    untouched = record._levels[0][0].values[:10]
    untouched[:] = -7.0  # would be recomputed to 0
    record.append(BRANCHES**4, np.ones(5))
    assert (record._levels[0][0].values[:10] == -7.0).all()


def test_appending_nothing_changes_nothing():
    record = History()
    record.append(5, np.array([]))
    assert len(record) == 0


@settings(max_examples=60, deadline=None)
@given(st.lists(values, min_size=1, max_size=700), st.integers(1, 700), st.sampled_from([0.5, 0.9, 0.97, 0.999]))
def test_the_running_mean_weighs_each_value_by_its_age_however_it_is_cut(recorded, cut, memory):
    recorded = np.array(recorded)
    smoothed = Smoothed(memory)
    smoothed.append(0, recorded[:cut])
    smoothed.append(cut, recorded[cut:])
    wanted = [weighted_by_age(recorded[: end + 1], memory) for end in range(len(recorded))]
    # what is kept at the cut is rounded to single precision, where the least numbers are nothing
    rounding = 2.0**-22 * np.nanmax(np.abs(recorded), initial=0.0) + np.finfo(np.float32).tiny
    np.testing.assert_allclose(smoothed.mean.values, wanted, rtol=1e-7, atol=rounding)


def weighted_by_age(values, memory):
    """The mean of `values` in which each that is a number weighs `memory` of the one after it."""
    values = values[np.isfinite(values)]
    return np.average(values, weights=memory ** np.arange(len(values))[::-1]) if len(values) else np.nan


def test_the_first_value_weighs_no_more_than_the_next():
    smoothed = Smoothed(0.97)
    for step in range(20):
        smoothed.append(step, np.array([100.0 if step == 0 else 1.0]))
    assert smoothed.mean.values[0] == 100.0
    assert smoothed.mean.values[1] == pytest.approx(50.5, rel=0.02)
    assert smoothed.mean.values[19] < 6.0


def test_a_mean_without_any_value_is_not_a_number():
    assert np.isnan(exponential_mean(np.full(3, np.nan), float("nan"), float("nan"), 0.9).means).all()


def test_the_mean_goes_back_with_the_record():
    smoothed, fresh = Smoothed(0.9), Smoothed(0.9)
    smoothed.append(0, np.arange(100.0))
    smoothed.append(50, np.array([10.0]))
    fresh.append(0, np.append(np.arange(50.0), 10.0))
    np.testing.assert_allclose(smoothed.mean.values, fresh.mean.values, rtol=1e-12)


def test_the_mean_begins_anew_where_the_record_goes_back_to_what_is_not_kept():
    smoothed = Smoothed(0.9)
    smoothed.append(0, np.zeros(8 * NEWEST))
    smoothed.append(100, np.array([5.0, np.nan, 7.0]))
    np.testing.assert_allclose(smoothed.mean.values[-3:], [5.0, 5.0, (0.9 * 5 + 7) / 1.9])
