"""Numbers are written for people, and what people write is read."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeviz.ui import figures


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0312, "0.0312"),
        (1.0, "1.00"),
        (123.4, "123"),
        (0.0, "0"),
        (1e-5, "1×10⁻⁵"),
        (1.27e-4, "1.27×10⁻⁴"),
        (2.5e7, "2.5×10⁷"),
        (-0.5, "−0.500"),
        (math.nan, "–"),
        (math.inf, "∞"),
        (None, "–"),
    ],
)
def test_a_figure_has_three_significant_digits(value: float | None, text: str) -> None:
    assert figures.figure(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e-5, "1×10⁻⁵"), (1e-3, "1×10⁻³"), (0.025, "0.025"), (0.01, "0.01"), (50, "50"), (0.995, "0.995")],
)
def test_a_setting_shows_no_zeros_at_its_end(value: float, text: str) -> None:
    assert figures.setting_text(value, logarithmic=True) == text


def test_an_averaging_close_to_one_is_not_shown_as_one() -> None:
    assert figures.setting_text(0.9999, logarithmic=False) == "0.9999"


@pytest.mark.parametrize(
    "text", ["1e-5", "1E-5", "1×10⁻⁵", "1x10^-5", "1*10^-5", "10⁻⁵", "0.00001", "0,00001", " 1e-5 "]
)
def test_a_tolerance_may_be_written_in_many_ways(text: str) -> None:
    assert figures.parse(text) == pytest.approx(1e-5)


@pytest.mark.parametrize("text", ["", "abc", "1..2", "inf", "nan", "1e999"])
def test_what_is_no_number_is_answered_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="1e-5"):
        figures.parse(text)


@given(st.floats(1e-12, 1e6))
def test_what_is_shown_is_read_back_to_four_digits(value: float) -> None:
    text = figures.setting_text(value, logarithmic=True)
    assert figures.parse(text) == pytest.approx(value, rel=6e-3)


@pytest.mark.parametrize(("number", "text"), [(1234, "1\u2009234"), (0, "0"), (math.nan, "–")])
def test_thousands_are_set_apart(number: float, text: str) -> None:
    assert figures.count(number) == text


@pytest.mark.parametrize(("seconds", "text"), [(4.2, "4 s"), (75, "1 min"), (7300, "2 h")])
def test_a_duration_is_told_in_its_largest_unit(seconds: float, text: str) -> None:
    assert figures.duration(seconds) == text
