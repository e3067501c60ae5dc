"""All adaptive methods, and the peers, on the 25 problems of DETEST: writes docs/detest.md.

python -m benchmarks.detest [--out docs/detest.md]
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from statistics import median
from typing import NamedTuple

import scipy
import torch
import torchdiffeq
from scipy.integrate import solve_ivp
from torch import Tensor

from solver import METHODS, solve
from tests.detest import PROBLEMS, T0, T1, Problem

TOLERANCES = (1e-3, 1e-6, 1e-9)
MOST_STEPS = 1_000_000
LOWEST_TOLERANCE = {2: 1e-3, 3: 1e-6}
"""Below these a method of that order needs millions of steps, which nobody takes."""


class End(NamedTuple):
    y: Tensor
    nfe: int


class Score(NamedTuple):
    """One solver at one tolerance over all problems; errors in tolerances, `fair` in tolerances × sensitivity."""

    nfe: int
    median: float
    worst: float
    worst_problem: str
    fair: float
    seconds: float


class Truth(NamedTuple):
    """What the end of a problem is, and how far small disturbances move it."""

    end: Tensor
    sensitivity: float


Runner = Callable[[Problem, float], End]


def ours(method: str, controller: str) -> Runner:
    ts = torch.tensor([T0, T1], dtype=torch.float64)

    def run(problem: Problem, tol: float) -> End:
        options = {"method": method, "controller": controller, "rtol": tol, "atol": tol}
        solution = solve(problem.field, problem.y0, ts, max_steps=MOST_STEPS, **options)
        return End(solution.ys[-1], solution.stats.nfe_forward)

    return run


def torchdiffeqs(method: str) -> Runner:
    ts = torch.tensor([T0, T1], dtype=torch.float64)

    def run(problem: Problem, tol: float) -> End:
        nfe = 0

        def counted(t: Tensor, y: Tensor) -> Tensor:
            nonlocal nfe
            nfe += 1
            return problem.field(t, y)

        return End(torchdiffeq.odeint(counted, problem.y0, ts, rtol=tol, atol=tol, method=method)[-1], nfe)

    return run


def scipys(method: str) -> Runner:
    def run(problem: Problem, tol: float) -> End:
        found = solve_ivp(problem.slopes, (T0, T1), problem.start, method=method, rtol=tol, atol=tol)
        return End(torch.from_numpy(found.y[:, -1].copy()), found.nfev)

    return run


def score(run: Runner, tol: float, truths: dict[str, Truth]) -> Score:
    began = time.perf_counter()
    with torch.no_grad():
        ends = {problem.name: run(problem, tol) for problem in PROBLEMS}
    seconds = time.perf_counter() - began
    errors = {name: float((end.y - truths[name].end).abs().max()) / tol for name, end in ends.items()}
    worst = max(errors, key=errors.__getitem__)
    fair = max(error / truths[name].sensitivity for name, error in errors.items())
    return Score(sum(end.nfe for end in ends.values()), median(errors.values()), errors[worst], worst, fair, seconds)


def rows(truths: dict[str, Truth]) -> Iterable[str]:
    adaptive = [method for method in METHODS if method.adaptive]
    runners: list[tuple[str, int, Runner]] = [
        (f"{method.name}, {controller}", method.order, ours(method.name, controller))
        for method in adaptive
        for controller in ("I", "PI", "PID")
    ]
    runners += [("scipy RK45", 5, scipys("RK45")), ("scipy DOP853", 8, scipys("DOP853"))]
    runners += [(f"torchdiffeq {name}", order, torchdiffeqs(name)) for name, order in (("dopri5", 5), ("dopri8", 8))]
    for name, order, run in runners:
        for tol in TOLERANCES:
            if tol >= LOWEST_TOLERANCE.get(order, 0.0):
                yield row(name, tol, score(run, tol, truths))


def row(name: str, tol: float, found: Score) -> str:
    worst = f"{found.worst:.3g} ({found.worst_problem})"
    return (
        f"| {name} | {tol:.0e} | {found.nfe} | {found.median:.2g} | {worst} | {found.fair:.2g} | {found.seconds:.2f} |"
    )


def report(lines: Sequence[str], truths: dict[str, Truth]) -> str:
    versions = f"torch {torch.__version__}, scipy {scipy.__version__}, torchdiffeq {torchdiffeq.__version__}"
    sensitivities = ", ".join(f"{name} {truth.sensitivity:.3g}" for name, truth in truths.items())
    return f"""# DETEST

All 25 non-stiff problems of Hull, Enright, Fellen and Sedgwick (1972) on [0, 20], with rtol = atol = tol, in float64.
Written by `python -m benchmarks.detest` on {date.today()}: Python {platform.python_version()}, {versions}, one thread.

- **NFE**: evaluations of the field, over all problems.
- **median**, **worst**: the largest component of the error at t = 20, in tolerances, for the middle and the worst
  problem.
- **fair**: the worst error in tolerances × the problem's sensitivity, which is how far the solution's end can move when
  errors of a tolerance per unit of time are made along the way. Near or below 1, a solver keeps its promise.
- **seconds**: for all problems, as a whole and once: a hint, not a measurement.

| solver, controller | tol | NFE | median | worst | fair | seconds |
| --- | --- | --- | --- | --- | --- | --- |
{chr(10).join(lines)}

Sensitivities: {sensitivities}.

dopri5 with the I controller takes the steps of scipy's RK45, but for the last ones. torchdiffeq's dopri5 estimates two
thirds of the error that Dormand and Prince do, never shrinks an accepted step, and lets steps grow right after a
rejection.

fehlberg2's estimate is that of a first-order solution 256 times as accurate as Euler's, and misses most of the error of
the second-order one that goes on.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "docs" / "detest.md")
    out: Path = parser.parse_args().out
    torch.set_num_threads(1)
    truths = {problem.name: Truth(problem.end(), problem.sensitivity()) for problem in PROBLEMS}
    lines = []
    for line in rows(truths):
        print(line, flush=True)
        lines.append(line)
    out.write_text(report(lines, truths), encoding="utf-8")


if __name__ == "__main__":
    main()
