"""The order of every method, at the ends of steps and inside them, as its errors show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import log2

import torch

from benchmarks.proofs.section import Section, section
from solver import METHODS, solve
from solver.certifying.certificate import certify
from solver.method import AsynchronousLeapfrog, ImplicitRungeKutta, Method, Symplectic
from tests.problems import CLOCKED, MODULATED, KnownProblem

ABOUT = """
Each method takes equal steps over [0, 2] through two problems with known solutions: y' = cos(t) A y, and the same with
time as an entry of the state, which makes it nonlinear. The steps are halved until errors are rounding; the order is
the slope between the last two errors above it, the lower of the two problems'. **Inside**: the errors of dense output
at 0.3 and 0.7 of every step. **Claims**: what `certify` says of the method, who also proves the order from all
conditions of rooted trees with up to 8 nodes (of Adams methods from quadrature, of symplectic ones from their own).
Symplectic methods are measured by `certify` alone, on separable fields.
"""
END = 2.0
ROUNDING = 1e-13
STEPS = (5, 10, 20, 40, 80, 160, 320)
FEWER_STEPS = (10, 20, 40, 80, 160)
"""For methods whose steps are dear."""


def orders() -> Section:
    """Measure all methods."""
    heads = ("method", "order", "at ends", "inside", "claims")
    return section("Order of every method", ABOUT, heads, map(_row, METHODS))


def _row(method: Method) -> tuple[str, ...]:
    asynchronous = isinstance(method, AsynchronousLeapfrog)
    certificate = None if asynchronous else certify(method)
    if isinstance(method, Symplectic) and certificate is not None:
        ends, inside = f"{min(order for _, order in certificate.measured):.2f}", "–"
    else:
        ends, inside = (f"{_lowest(method, fractions):.2f}" for fractions in ((1.0,), (0.3, 0.7)))
    verdict = "–" if certificate is None else "hold" if certificate.holds else "; ".join(certificate.complaints)
    return method.name, str(method.order), ends, inside, verdict


def _lowest(method: Method, fractions: Sequence[float]) -> float:
    return min(_observed(method, problem, fractions) for problem in (MODULATED, CLOCKED))


def _observed(method: Method, problem: KnownProblem, fractions: Sequence[float]) -> float:
    errors = list(_errors(method, problem, fractions))
    return log2(errors[-2] / errors[-1])


def _errors(method: Method, problem: KnownProblem, fractions: Sequence[float]) -> Iterator[float]:
    """RMS errors above rounding, of ever smaller steps."""
    for steps in FEWER_STEPS if isinstance(method, ImplicitRungeKutta) else STEPS:
        dt = END / steps
        inside = dt * (torch.arange(steps, dtype=torch.float64)[:, None] + torch.tensor(fractions, dtype=torch.float64))
        ts = torch.cat((torch.zeros(1, dtype=torch.float64), inside.flatten()))
        with torch.no_grad():
            ys = solve(problem.field, problem.y0, ts, method=method, controller="fixed", dt=dt).ys
        error = float((ys - problem.exact(ts)).square().mean().sqrt())
        if error <= ROUNDING:
            return
        yield error
