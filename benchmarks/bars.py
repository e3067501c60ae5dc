"""What we set out to reach: ratios of a peer's time to ours, and besides them on a CPU two things, on a GPU one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from benchmarks.contestants.diffrax import Diffrax
from benchmarks.contestants.ours import AnyModule, OwnField
from benchmarks.contestants.torchdiffeq import Adjoint, Direct
from benchmarks.report import Report

OWN, ANY, ADJOINT, DIRECT, COMPILED = OwnField.name, AnyModule.name, Adjoint.name, Direct.name, Diffrax.name
MOST_OVERHEAD, MOST_ERROR = 1.15, 2e-3
LEAST_SHARE = 0.7


class Bar(NamedTuple):
    """In a case, a peer has to take at least so many times as long as we do."""

    case: str
    ours: str
    peer: str
    ratio: float


BARS: tuple[Bar, ...] = (
    Bar("W1", OWN, ADJOINT, 20),
    Bar("W1", OWN, DIRECT, 5),
    Bar("W1", ANY, ADJOINT, 10),
    Bar("W1", ANY, DIRECT, 2.5),
    Bar("W1b", OWN, ADJOINT, 18),
    Bar("W1b", OWN, DIRECT, 4.5),
    Bar("W1b", ANY, ADJOINT, 9),
    Bar("W2", OWN, ADJOINT, 4.2),
    Bar("W2", OWN, DIRECT, 2.3),
    Bar("W2", ANY, ADJOINT, 1.7),
    Bar("W3", OWN, ADJOINT, 3.7),
    Bar("W3", OWN, DIRECT, 2.2),
    Bar("W3", ANY, ADJOINT, 1.9),
    Bar("W4", OWN, DIRECT, 1.6),
    Bar("W4", ANY, DIRECT, 1.2),
    Bar("W5 forward", OWN, DIRECT, 1.9),
    Bar("W5 gradient", OWN, ADJOINT, 3),
    Bar("W5 gradient", OWN, DIRECT, 2),
    Bar("W6 1e-5", OWN, ADJOINT, 1.5),
    Bar("W6 1e-5", ANY, ADJOINT, 1.5),
    *(Bar(case, OWN, COMPILED, 1) for case in ("W1", "W1b", "W2", "W3", "W4", "W5 forward", "W5 gradient")),
)
BARS_ON_CUDA: tuple[Bar, ...] = (
    *(Bar(case, OWN, ADJOINT, 5) for case in ("W1", "W2", "W3")),
    Bar("W4 1e6", OWN, DIRECT, 10),
)


class Verdict(NamedTuple):
    """Something that was set out for, what it came to, and whether that is enough."""

    what: str
    wanted: str
    came: str
    met: bool


def verdicts(report: Report) -> Iterator[Verdict]:
    """On all bars whose two sides were measured."""
    for bar in {"cpu": BARS, "mps": ()}.get(report.device, BARS_ON_CUDA):
        ours, peer = report.of(bar.case, bar.ours), report.of(bar.case, bar.peer)
        if ours and peer:
            ratio = peer.median / ours.median
            what = f"{bar.case}: {bar.ours} against {bar.peer}"
            yield Verdict(what, f"≥ {bar.ratio:g} ×", f"{ratio:.2f} ×", ratio >= bar.ratio)
    million = report.of("W4 1e6", OWN)
    if million and million.overhead:
        share = 1 / million.overhead
        what, wanted = "W4 1e6: share of the time inside f", f"≥ {LEAST_SHARE:.0%}"
        yield Verdict(what, wanted, f"{share:.0%}", share >= LEAST_SHARE)
    if report.device != "cpu":
        return
    portraits = report.of("W4", OWN)
    if portraits and portraits.overhead:
        overhead = portraits.overhead
        yield Verdict("W4: overhead over bare f", f"≤ {MOST_OVERHEAD:g}", f"{overhead:.2f}", overhead <= MOST_OVERHEAD)
    for name in (OWN, ANY):
        gradient = report.of("W6 1e-5", name)
        if gradient:
            error = gradient.error
            yield Verdict(f"W6 1e-5: gerr, {name}", f"≤ {MOST_ERROR:g}", f"{error:.2g}", error <= MOST_ERROR)
