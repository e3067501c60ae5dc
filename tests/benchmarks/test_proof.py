"""The page of the proof: parts in order, tables that also read well unrendered, and claims that follow from rows."""

from __future__ import annotations

from benchmarks.proof import page
from benchmarks.proofs import SECTIONS
from benchmarks.proofs.detest import TOLERANCES, within
from benchmarks.proofs.section import section
from tests.detest import PROBLEMS


def test_a_part_reads_well_unrendered() -> None:
    part = section("Title", "\nAbout.\n", ("what", "n"), [("long name", "1"), ("x", "100")], "\nRead this.\n")
    assert str(part).split("\n\n") == [
        "## Title",
        "About.",
        "| what      |   n |\n|:----------|----:|\n| long name |   1 |\n| x         | 100 |",
        "Read this.",
    ]


def test_the_page_has_its_parts_in_order_and_ends_with_a_line() -> None:
    parts = [section(title, "", ("a",), [("b",)]) for title in ("One", "Two")]
    text = page(parts)
    assert text.startswith("# Proof\n\n")
    assert text.index("## One") < text.index("## Two")
    assert text.endswith("| b |\n")


def test_only_who_is_within_at_every_tolerance_is_said_to_be() -> None:
    every = str(len(PROBLEMS))

    def rows(name: str, *counts: str) -> list[tuple[str, ...]]:
        return [(name, "", "", "", "", count, "", "") for count in counts]

    good = rows("good", *(every for _ in TOLERANCES))
    once_not = rows("once not", *(every for _ in TOLERANCES[1:]), "24")
    too_few = rows("too few", every)
    assert within([*good, *once_not, *too_few]) == ["good"]


def test_every_part_has_a_name_of_its_own() -> None:
    names = [make.__name__ for make in SECTIONS]
    assert len(set(names)) == len(names)
