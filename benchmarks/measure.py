"""How one case is measured: everyone who takes part, in turns, and how far each answer is from the exact one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.case import Accuracy, Case
from benchmarks.contestants.contestant import Contestant, Entry
from benchmarks.contestants.in_torch import InTorch
from benchmarks.contestants.ours import AnyModuleEntry
from benchmarks.report import Result, Skipped
from nodeviz.analysis.bare_cost import BareCost, Evaluations
from nodeviz.analysis.settling import settler
from nodeviz.analysis.timing import SHORTEST, Call, in_turns, seconds

TIGHT = Accuracy("dop853", 1e-11, 1e-11)


class Measured(NamedTuple):
    """What a case came to."""

    results: tuple[Result, ...]
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True)
class Ready:
    """An entry that has done its first step and given its answer."""

    name: str
    entry: Entry
    first: float
    error: float
    evaluations: Evaluations


def measure(case: Case, contestants: Sequence[Contestant], rounds: int, shortest: float = SHORTEST) -> Measured:
    """Run the case with each of the contestants that take part in it."""
    settle = settler(case.y0.device)
    exact = InTorch(AnyModuleEntry(replace(case.to(torch.float64), accuracy=TIGHT))).answer()
    ready: list[Ready] = []
    skipped: list[Skipped] = []
    for contestant in contestants:
        reason = contestant.declines(case)
        entered = reason if reason else _entered(case, contestant, exact, settle)
        if isinstance(entered, Ready):
            ready.append(entered)
        else:
            skipped.append(Skipped(case.name, contestant.name, entered))
    timings = in_turns(_calls(ready), rounds, settle, shortest)
    results = []
    for each in ready:
        took = {what: timings[key].median for what in _WHAT if (key := f"{each.name}: {what}") in timings}
        bare = BareCost(took["f"], took["f and pullback"]) if "f" in took else None
        results.append(
            Result(
                case.name,
                each.name,
                tuple(1e3 * round for round in timings[f"{each.name}: step"].rounds),
                1e3 * took["step"],
                1e3 * each.first,
                *each.evaluations,
                None if bare is None else 1e3 * bare.of(each.evaluations),
                each.error,
            )
        )
    return Measured(tuple(results), tuple(skipped))


_WHAT = ("step", "f", "f and pullback")


def _entered(case: Case, contestant: Contestant, exact: NDArray[np.float64], settle: Callable[[], None]) -> Ready | str:
    """Ready, or why it is not: what breaks in a peer is told and does not end the run."""
    try:
        entry = contestant.enter(case)
        first = seconds(entry.step, 1, settle)
        error = relative(entry.answer(), exact)
        return Ready(contestant.name, entry, first, error, entry.evaluations())
    except Exception as trouble:
        lines = str(trouble).strip().splitlines() or [""]
        return f"it failed: {type(trouble).__name__}: {lines[0][:160]}"


def _calls(ready: Sequence[Ready]) -> dict[str, Call]:
    calls: dict[str, Call] = {}
    for each in ready:
        bare = each.entry.bare_calls()
        calls[f"{each.name}: step"] = each.entry.step
        if bare is not None:
            calls[f"{each.name}: f"] = bare.alone
            calls[f"{each.name}: f and pullback"] = bare.with_pullback
    return calls


def relative(found: NDArray[np.float64], exact: NDArray[np.float64]) -> float:
    """The distance from the exact answer in units of its size. Raises `ValueError` for answers of other lengths."""
    if found.shape != exact.shape:
        raise ValueError(f"the answer has {found.size} entries, and the exact one {exact.size}")
    size = float(np.linalg.norm(exact))
    return float(np.linalg.norm(found - exact)) / size if size else math.nan
