"""Every gradient mode on the same problems: accuracy, time and memory. Writes the tables of docs/gradients.md.

python -m benchmarks.gradients [--out docs/gradients.md] [--rounds 9]
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

import torch
from torch import Tensor

from benchmarks.report import machine, today
from nodeviz.analysis.kept_bytes import kept_by
from nodeviz.analysis.timing import in_turns
from solver import GRADIENT_MODES, Solution, native, solve
from solver.gradients.checkpointed import Checkpointed

TOLERANCES = (1e-3, 1e-4, 1e-5, 1e-6)
LOOSE = 1e-3
"""The lowest tolerance at which methods of order 2 take part."""
BEGIN, END = "<!-- measured: python -m benchmarks.gradients -->", "<!-- end of measured -->"


class Workload(NamedTuple):
    """A problem to differentiate: the loss is the mean square of the states at `ts` but the first."""

    title: str
    field: torch.nn.Module
    y0: Tensor
    ts: Tensor
    rowwise: bool


NO_GRAPHS = "checkpointed, no graphs"


class Way(NamedTuple):
    """A gradient mode with a method."""

    mode: str
    method: str

    @property
    def gradient(self) -> str | Checkpointed:
        """As `solve` takes it."""
        return Checkpointed(graph_bytes=0) if self.mode == NO_GRAPHS else self.mode

    def __str__(self) -> str:
        return self.mode if self.method == "dopri5" else f"{self.mode} ({self.method})"


class Cost(NamedTuple):
    """One gradient: its relative error in θ, milliseconds in all and in the backward pass, and bytes kept between."""

    error: float
    total: float
    backward: float
    kept: int
    nfe_forward: int
    nfe_backward: int
    note: str


class Trained(torch.nn.Module):
    """2-width-width-2, tanh, fitted to the Van der Pol field with μ = 1."""

    def __init__(self, width: int) -> None:
        super().__init__()
        torch.manual_seed(0)
        layers = (torch.nn.Linear(2, width), torch.nn.Tanh(), torch.nn.Linear(width, width), torch.nn.Tanh())
        self.net = torch.nn.Sequential(*layers, torch.nn.Linear(width, 2))

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        velocity: Tensor = self.net(y)
        return velocity

    def fit(self, steps: int, rate: float) -> Trained:
        """The same network after so many steps of Adam."""
        optimiser = torch.optim.Adam(self.parameters(), lr=rate)
        for _ in range(steps):
            x, v = (6 * torch.rand(512, 2) - 3).unbind(-1)
            loss = (self.net(torch.stack((x, v), -1)) - torch.stack((v, (1 - x * x) * v - x), -1)).square().mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        return self


class CubicSpiral(torch.nn.Module):
    """y' = y³ A, four parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.matrix = torch.nn.Parameter(torch.tensor([[-0.1, 2.0], [-2.0, -0.1]]))

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        return (y * y * y) @ self.matrix


def workloads() -> list[Workload]:
    """The two networks, fitted, and a field of few parameters."""
    generator = torch.Generator().manual_seed(1)
    starts = 5 * torch.rand(256, 2, generator=generator) - 2.5
    ring = 2 * torch.nn.functional.normalize(torch.randn(20, 2, generator=generator), dim=-1)
    small, wide = Trained(64).fit(1500, 3e-3), Trained(512).fit(300, 1e-3)
    ends = torch.tensor([0.0, 4.0])
    return [
        Workload("Van der Pol, trained 2-64-64-2 field, 256 starts, T = 4", small, starts, ends, False),
        Workload(
            "Van der Pol, trained 2-512-512-2 field (266,242 parameters), 8 starts, T = 4", wide, starts[:8], ends, True
        ),
        Workload(
            "Cubic spiral, 4 parameters, 20 starts, 10 times", CubicSpiral(), ring, torch.linspace(0, 10, 10), True
        ),
    ]


def ways() -> list[Way]:
    """Every mode; those that are not made for dopri5 with the method they are made for."""
    modes = [mode.name for mode in GRADIENT_MODES]
    return [Way(name, "alf" if name == "reversible" else "dopri5") for name in (modes[0], NO_GRAPHS, *modes[1:])]


class Trial(NamedTuple):
    """One workload, differentiated one way at one tolerance."""

    workload: Workload
    way: Way
    tolerance: float

    def solution(self) -> Solution:
        """The forward pass."""
        _, field, y0, ts, rowwise = self.workload
        return solve(
            field,
            y0,
            ts,
            method=self.way.method,
            gradient=self.way.gradient,
            rtol=self.tolerance,
            atol=self.tolerance,
            max_steps=10_000,
            rowwise=rowwise,
        )

    def gradient(self, solution: Solution) -> Tensor:
        """θ's gradient: the backward pass."""
        loss = solution.ys[1:].square().mean()
        found = torch.autograd.grad(loss, tuple(self.workload.field.parameters()))
        return torch.cat([x.flatten() for x in found])

    def refusal(self) -> str:
        """Why there is no gradient; empty where there is one."""
        try:
            status = self.solution().status
        except ValueError:
            return "too many parameters"
        return "" if status.ok else f"solve ended: {status.value}"


def exact(workload: Workload) -> Tensor:
    """θ's gradient in float64 at a tight tolerance."""
    workload.field.double()
    try:
        double = workload._replace(y0=workload.y0.double(), ts=workload.ts.double(), rowwise=False)
        trial = Trial(double, Way("checkpointed", "dop853"), 1e-12)
        return trial.gradient(trial.solution())
    finally:
        workload.field.float()


class BothPasses:
    """Makes a trial's gradient when called, and notes how many seconds each backward pass took."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self.backward: list[float] = []

    def __call__(self) -> None:
        solution = self._trial.solution()
        between = perf_counter()
        self._trial.gradient(solution)
        del solution
        self.backward.append(perf_counter() - between)


def measure(workload: Workload, tolerance: float, rounds: int) -> Iterator[str]:
    """A row for each way, timed in turns."""
    truth = exact(workload)
    loose = tolerance >= LOOSE
    trials = [Trial(workload, way, tolerance) for way in ways() if loose or way.method == "dopri5"]
    refusals = [trial.refusal() for trial in trials]
    able = {str(trial.way): BothPasses(trial) for trial, why in zip(trials, refusals, strict=True) if not why}
    timings = in_turns(able, rounds, shortest=0.0)
    for trial, why in zip(trials, refusals, strict=True):
        if why:
            yield f"| {tolerance:.0e} | {trial.way} | — | — | — | — | {why} |"
            continue
        name = str(trial.way)
        yield row(trial, cost(trial, truth, timings[name].median, median(able[name].backward[-rounds:])))


def cost(trial: Trial, truth: Tensor, total: float, backward: float) -> Cost:
    """What the trial came to, that took so many seconds."""
    solution = trial.solution()
    gradient, stats = trial.gradient(solution), solution.stats
    note = "" if stats.drift is None else f"drift {stats.drift:.1g}"
    if stats.backward_status is not None and not stats.backward_status.ok:
        note = stats.backward_status.value
    return Cost(
        error=float((gradient.double() - truth).norm() / truth.norm()),
        total=1e3 * total,
        backward=1e3 * backward,
        kept=kept_by(trial.solution).bytes,
        nfe_forward=stats.nfe_forward,
        nfe_backward=stats.nfe_backward,
        note=note,
    )


def row(trial: Trial, found: Cost) -> str:
    """A line of the table."""
    figures = f"{found.error:.1e} | {found.total:.1f} ({found.backward:.1f}) | {found.kept / 1024:.0f}"
    evaluations = f"{found.nfe_forward} / {found.nfe_backward}"
    return f"| {trial.tolerance:.0e} | {trial.way} | {figures} | {evaluations} | {found.note} |"


HEADER = "| tol | mode | error of θ's gradient | ms (backward) | KiB kept | NFE f / b | |\n" + "| --- " * 7 + "|"


def heading() -> str:
    """When, where and how it was measured."""
    versions = f"Python {platform.python_version()}, torch {torch.__version__}"
    how = "float32, rtol = atol = tol, dopri5 unless another is named"
    return f"Measured on {today()}: {machine()}, one torch thread; {versions}. {how}."


def replace_measured(page: Path, parts: list[str]) -> None:
    """Put `parts` in the place of what was measured before."""
    before, rest = page.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    page.write_text(before + "\n\n".join([BEGIN, *parts, END]) + after, encoding="utf-8")


def main() -> None:
    """Measure, print the tables as they come, and write them into the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "docs" / "gradients.md")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    torch.set_num_threads(1)
    native.allow(False)  # the kernel has one of the modes alone; compared are modes, all of them in torch
    parts = [heading()]
    for workload in workloads():
        parts += [f"### {workload.title}", HEADER]
        print(*parts[-2:], sep="\n", flush=True)
        for tolerance in TOLERANCES:
            for line in measure(workload, tolerance, options.rounds):
                print(line, flush=True)
                parts[-1] += "\n" + line
    replace_measured(options.out, parts)


if __name__ == "__main__":
    main()
