"""Stiff problems against their published ends, beside scipy's Radau."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from scipy.integrate import solve_ivp
from torch import Tensor

from benchmarks.proofs.section import Section, section
from solver import METHODS, solve
from solver.method import ImplicitRungeKutta
from tests.stiff_problems import STIFF_PROBLEMS, StiffProblem

TOLERANCES = (1e-4, 1e-6)
ABOUT = """
Van der Pol's oscillator with μ = 1000, Robertson's reaction, HIRES and the Oregonator, with the ends that the test set
of Bari publishes (to 14 digits or so). rtol = tol, atol = tol × the smallest size of a component. **Error**: the worst
component's, relative to its end and size, in tolerances. NFE include those for finite differences in scipy; ours takes
exact Jacobians, each an evaluation and a pullback for every entry.
"""


def stiff() -> Section:
    """Measure all adaptive implicit methods, and scipy's Radau."""
    heads = ("problem", "tol", "method", "error", "steps", "rejected", "NFE", "Jacobians")
    return section("Stiff problems", ABOUT, heads, _rows())


def _rows() -> Iterator[tuple[str, ...]]:
    adaptive = [method for method in METHODS if isinstance(method, ImplicitRungeKutta) and method.adaptive]
    for problem in STIFF_PROBLEMS:
        for tolerance in TOLERANCES:
            yield from (_ours(problem, method, tolerance) for method in adaptive)
            yield _scipys(problem, tolerance)


def _ours(problem: StiffProblem, method: ImplicitRungeKutta, tolerance: float) -> tuple[str, ...]:
    ts = torch.tensor([0.0, problem.t1], dtype=torch.float64)
    how = {"method": method, "rtol": tolerance, "atol": tolerance * min(problem.size), "max_steps": 100_000}
    with torch.no_grad():
        solution = solve(problem.field, problem.y0, ts, **how)
    stats = solution.stats
    counts = (stats.accepted, stats.rejected, stats.nfe_forward, stats.jacobians_forward)
    error = _error(problem, solution.ys[-1]) / tolerance
    return problem.name, f"{tolerance:.0e}", method.name, f"{error:.2g}", *map(str, counts)


def _scipys(problem: StiffProblem, tolerance: float) -> tuple[str, ...]:
    def slopes(t: float, y: np.ndarray) -> np.ndarray:
        found: np.ndarray = problem.field(torch.tensor(t), torch.from_numpy(np.ascontiguousarray(y))).numpy()
        return found

    atol = tolerance * min(problem.size)
    found = solve_ivp(slopes, (0.0, problem.t1), np.array(problem.start), method="Radau", rtol=tolerance, atol=atol)
    error = _error(problem, torch.from_numpy(found.y[:, -1].copy())) / tolerance
    counts = (str(len(found.t) - 1), "–", str(found.nfev), str(found.njev))
    return problem.name, f"{tolerance:.0e}", "scipy Radau", f"{error:.2g}", *counts


def _error(problem: StiffProblem, end: Tensor) -> float:
    known, size = (torch.tensor(row, dtype=torch.float64) for row in (problem.end, problem.size))
    return float(((end - known).abs() / (known.abs() + size)).max())
