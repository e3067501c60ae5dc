"""Every gradient mode on the same problems: accuracy, time and memory. Writes the tables of docs/gradients.md.

python -m benchmarks.gradients [--out docs/gradients.md] [--rounds 9]
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from statistics import median
from typing import NamedTuple

import torch
from torch import Tensor

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


NO_GRAPHS = "checkpointed, no graphs"


class Way(NamedTuple):
    mode: str
    method: str

    @property
    def gradient(self) -> str | Checkpointed:
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
    generator = torch.Generator().manual_seed(1)
    starts = 5 * torch.rand(256, 2, generator=generator) - 2.5
    ring = 2 * torch.nn.functional.normalize(torch.randn(20, 2, generator=generator), dim=-1)
    small, wide = Trained(64).fit(1500, 3e-3), Trained(512).fit(300, 1e-3)
    ends = torch.tensor([0.0, 4.0])
    return [
        Workload("Van der Pol, trained 2-64-64-2 field, 256 starts, T = 4", small, starts, ends),
        Workload(
            "Van der Pol, trained 2-512-512-2 field (266,242 parameters), 8 starts, T = 4", wide, starts[:8], ends
        ),
        Workload("Cubic spiral, 4 parameters, 20 starts, 10 times", CubicSpiral(), ring, torch.linspace(0, 10, 10)),
    ]


def ways() -> list[Way]:
    """Every mode; those that are not made for dopri5 with the method they are made for."""
    modes = [mode.name for mode in GRADIENT_MODES]
    return [Way(name, "alf" if name == "reversible" else "dopri5") for name in (modes[0], NO_GRAPHS, *modes[1:])]


def differentiate(workload: Workload, way: Way, tolerance: float, rowwise: bool) -> Iterator[Solution | Tensor]:
    """Yields the solution after the forward pass, and θ's gradient after the backward pass."""
    how = {"method": way.method, "rtol": tolerance, "atol": tolerance, "max_steps": 10_000, "rowwise": rowwise}
    solution = solve(workload.field, workload.y0, workload.ts, gradient=way.gradient, **how)
    yield solution
    loss = solution.ys[1:].square().mean()
    found = torch.autograd.grad(loss, tuple(workload.field.parameters()))
    yield torch.cat([x.flatten() for x in found])


def exact(workload: Workload) -> Tensor:
    """θ's gradient in float64 at a tight tolerance."""
    workload.field.double()
    try:
        double = workload._replace(y0=workload.y0.double(), ts=workload.ts.double())
        *_, gradient = differentiate(double, Way("checkpointed", "dop853"), 1e-12, rowwise=False)
    finally:
        workload.field.float()
    return gradient


def kept_bytes(run: Callable[[], Iterator[object]]) -> int:
    """What stays in memory between the passes: tensors that Python holds, and those that autograd saved."""
    before = set(_storages(_live_tensors()))
    saved: list[Tensor] = []

    def pack(tensor: Tensor) -> Tensor:
        saved.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        passes = run()
        next(passes)
    after = _storages([*_live_tensors(), *saved])
    return sum(size for place, size in after.items() if place not in before)


def _live_tensors() -> list[Tensor]:
    gc.collect()
    return [each for each in gc.get_objects() if issubclass(type(each), Tensor)]  # isinstance() wakes proxies


def _storages(tensors: Iterable[Tensor]) -> dict[int, int]:
    return {x.untyped_storage().data_ptr(): x.untyped_storage().nbytes() for x in tensors}


class Sample(NamedTuple):
    forward: float
    backward: float


def timed(passes: Iterator[object]) -> Sample:
    began = time.perf_counter()
    solution = next(passes)
    between = time.perf_counter()
    next(passes)
    del solution
    return Sample(1e3 * (between - began), 1e3 * (time.perf_counter() - between))


def measure(workload: Workload, tolerance: float, rounds: int) -> Iterator[str]:
    """A row for each way, timed in turn so that a busy moment of the machine meets all of them."""
    truth, rowwise = exact(workload), workload.y0.shape[0] < 100
    able: dict[Way, list[Sample]] = {}
    refused: dict[Way, str] = {}
    for way in ways():
        if way.method != "dopri5" and tolerance < LOOSE:
            continue
        try:
            status = next(differentiate(workload, way, tolerance, rowwise)).status
            if status.ok:
                able[way] = []
            else:
                refused[way] = f"solve ended: {status.value}"
        except ValueError:
            refused[way] = "too many parameters"
    for _ in range(rounds):
        for way, samples in able.items():
            samples.append(timed(differentiate(workload, way, tolerance, rowwise)))
    for way in ways():
        if way in refused:
            yield f"| {tolerance:.0e} | {way} | — | — | — | — | {refused[way]} |"
        elif way in able:
            yield row(way, tolerance, cost(workload, way, tolerance, rowwise, truth, able[way]))


def cost(workload: Workload, way: Way, tolerance: float, rowwise: bool, truth: Tensor, samples: list[Sample]) -> Cost:
    solution, gradient = differentiate(workload, way, tolerance, rowwise)
    stats = solution.stats
    failed = stats.backward_status is not None and not stats.backward_status.ok
    note = f"{stats.backward_status.value}" if failed else ("" if stats.drift is None else f"drift {stats.drift:.1g}")
    return Cost(
        error=float((gradient.double() - truth).norm() / truth.norm()),
        total=median(sample.forward + sample.backward for sample in samples),
        backward=median(sample.backward for sample in samples),
        kept=kept_bytes(lambda: differentiate(workload, way, tolerance, rowwise)),
        nfe_forward=stats.nfe_forward,
        nfe_backward=stats.nfe_backward,
        note=note,
    )


def row(way: Way, tolerance: float, found: Cost) -> str:
    figures = f"{found.error:.1e} | {found.total:.1f} ({found.backward:.1f}) | {found.kept / 1024:.0f}"
    return f"| {tolerance:.0e} | {way} | {figures} | {found.nfe_forward} / {found.nfe_backward} | {found.note} |"


HEADER = "| tol | mode | error of θ's gradient | ms (backward) | KiB kept | NFE f / b | |\n" + "| --- " * 7 + "|"


def machine() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    named = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    cpu = named[0] if named else platform.processor() or platform.machine()
    versions = f"Python {platform.python_version()}, torch {torch.__version__}"
    return f"{cpu}, {os.cpu_count()} cores, one torch thread; {versions}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "docs" / "gradients.md")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    torch.set_num_threads(1)
    native.allow(False)  # the kernel has one of the modes alone; compared are modes, all of them in torch
    parts = [f"Measured on {date.today()}: {machine()}. float32, rtol = atol = tol, dopri5 unless another is named."]
    for workload in workloads():
        parts += [f"### {workload.title}", HEADER]
        print(*parts[-2:], sep="\n", flush=True)
        for tolerance in TOLERANCES:
            for line in measure(workload, tolerance, options.rounds):
                print(line, flush=True)
                parts[-1] += "\n" + line
    text = options.out.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    options.out.write_text(before + "\n\n".join([BEGIN, *parts, END]) + after, encoding="utf-8")


if __name__ == "__main__":
    main()
