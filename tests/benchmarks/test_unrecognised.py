"""Which of the benchmarks' modules are recognised: they are written as for any library, and stay so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.case import Case
from benchmarks.contestants.ours import AnyModule
from benchmarks.contestants.unrecognised import Unrecognised
from benchmarks.measure import relative
from benchmarks.workloads import WORKLOADS
from solver import native

CASES = [case for workload in WORKLOADS for case in workload.cases(False) if not case.for_gpus]


@pytest.fixture(autouse=True)
def _kernel() -> Iterator[None]:
    native.allow(True)
    if not native.wait():
        native.allow(False)
        pytest.skip(native.describe())
    yield
    native.allow(False)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_all_but_the_flow_which_differentiates_inside_are_recognised(case: Case) -> None:
    assert ("not recognised" in Unrecognised().declines(case)) == (case.name == "W2")


@pytest.mark.parametrize("case", [case for case in CASES if case.name in ("W1", "W3")], ids=lambda case: case.name)
def test_both_ways_give_the_same_gradient(case: Case) -> None:
    ours, usual = (each.enter(case).answer() for each in (AnyModule(), Unrecognised()))
    assert relative(ours, usual) < 2e-3
