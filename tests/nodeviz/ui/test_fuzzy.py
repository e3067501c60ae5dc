"""A few letters find a command."""

from __future__ import annotations

from nodeviz.ui.fuzzy import ranked, score

TITLES = ["Reset", "Reset view", "Export model", "Export picture (PNG, 2×)", "Go to trade-off", "Redo"]


def found(typed: str) -> list[str]:
    return ranked(typed, TITLES, str)


def test_nothing_typed_finds_all_in_order() -> None:
    assert found("") == TITLES


def test_initials_find_a_title() -> None:
    assert found("rv") == ["Reset view"]


def test_the_shorter_of_two_equal_fits_comes_first() -> None:
    assert found("reset")[:2] == ["Reset", "Reset view"]


def test_letters_out_of_order_find_nothing() -> None:
    assert score("tser", "Reset") is None


def test_case_and_spaces_do_not_matter() -> None:
    assert found("EXPORT png") == ["Export picture (PNG, 2×)"]
