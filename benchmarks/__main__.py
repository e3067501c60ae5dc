"""nodeviz's solver beside its peers, on six workloads: prints tables, and writes JSON and a page with --out.

python -m benchmarks                                  all workloads, all peers that are installed
python -m benchmarks W1 W3 --rounds 31                two of them, more rounds
python -m benchmarks --out docs                       write docs/performance.md and docs/performance.json
python -m benchmarks --device cuda --out docs         on a GPU: docs/performance-cuda.md and .json

The peers: pip install torchdiffeq torchode torchdyn diffrax jax optax. Which are absent is told and left out. Short
trainings give the weights and are kept in the user's cache. Run it on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import torch

from benchmarks.case import Case
from benchmarks.contestants import CONTESTANTS, Contestant
from benchmarks.measure import measure
from benchmarks.page import lost, page, table
from benchmarks.report import Report, Result, Skipped, device_name, load, machine, today
from benchmarks.workloads import WORKLOADS
from nodeviz.analysis.timing import SHORTEST
from nodeviz.library.atomic import write_atomically
from solver import resident

QUIET = 0.7


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the arguments ask for; the exit status."""
    options = _options(arguments)
    torch.set_num_threads(1)
    device, began = torch.device(options.device), load()
    resident.allow(graphs="all")  # the modules of the workloads do nothing that a replay would leave out
    if began > QUIET:
        print(f"The load of this machine is {began:.2f}: figures below {QUIET:g} are the ones to publish.")
    contestants, absent = _present(options)
    results: list[Result] = []
    skipped = absent
    for case in _cases(options.workloads, device, trained=not options.untrained):
        found = measure(case.to(device), contestants, options.rounds, options.shortest)
        results += found.results
        skipped += found.skipped
        report = _report(options, device, began, contestants, results, skipped)
        print(f"\n{case.name}\n\n{table(report, case.name)}", flush=True)
        for each in found.skipped:
            print(f"{each.contestant}: {each.reason}")
    print("\n".join(["", *(f"Lost: {line}" for line in lost(report))]))
    if options.out is not None:
        _write(report, options.out, device)
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    names = [workload.name for workload in WORKLOADS]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"of {', '.join(names)} [all]")
    parser.add_argument("--device", default="cpu", help="where the tensors are: cpu, cuda, cuda:1, mps [cpu]")
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="rounds to take the median of [15]")
    parser.add_argument("--only", metavar="TEXT", help="only contestants whose name has this in it, e.g. nodeviz")
    parser.add_argument("--compiled", action="store_true", help="also what torch.compile compiles for minutes")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="write the page and the JSON there")
    parser.add_argument(
        "--shortest", type=float, default=SHORTEST, metavar="S", help=f"seconds a round lasts at least [{SHORTEST:g}]"
    )
    parser.add_argument("--untrained", action="store_true", help="initial weights: only to try this script out")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.workloads if name not in names]
    if unknown:
        parser.error(f"there is no workload {unknown[0]!r}; there are {', '.join(names)}")
    if options.rounds < 1:
        parser.error(f"--rounds must be at least 1; got {options.rounds}")
    if torch.device(options.device).type == "cuda" and not torch.cuda.is_available():
        parser.error("torch finds no CUDA device on this machine")
    return options


class Contest(NamedTuple):
    """Who takes part, and who does not and why."""

    present: list[Contestant]
    absent: list[Skipped]


def _present(options: argparse.Namespace) -> Contest:
    found = Contest([], [])
    for contestant in CONTESTANTS:
        if options.only is not None and options.only not in contestant.name:
            continue
        missing = contestant.missing()
        reason = f"{missing} is not installed" if missing else ""
        if contestant.compiles_for_minutes and not options.compiled:
            reason = reason or "it compiles for a minute or more in every case; --compiled lets it"
        if reason:
            found.absent.append(Skipped("", contestant.name, reason))
            print(f"{contestant.name} is left out: {reason}.")
        else:
            found.present.append(contestant)
    return found


def _cases(names: Sequence[str], device: torch.device, trained: bool) -> list[Case]:
    chosen = [workload for workload in WORKLOADS if not names or workload.name in names]
    cases = [case for workload in chosen for case in workload.cases(trained)]
    return [case for case in cases if device.type == "cuda" or not case.for_gpus]


def _report(
    options: argparse.Namespace,
    device: torch.device,
    began: float,
    contestants: Sequence[Contestant],
    results: Sequence[Result],
    skipped: Sequence[Skipped],
) -> Report:
    versions = {"Python": sys.version.split()[0], "torch": str(torch.__version__)}
    for contestant in contestants:
        versions |= contestant.versions()
    return Report(
        today(),
        machine(),
        device_name(device),
        began,
        versions,
        options.rounds,
        not options.untrained,
        tuple(results),
        tuple(skipped),
    )


def _write(report: Report, folder: Path, device: torch.device) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    stem = "performance" if device.type == "cpu" else f"performance-{device.type}"
    write_atomically(folder / f"{stem}.md", page(report).encode())
    write_atomically(folder / f"{stem}.json", msgspec.json.format(msgspec.json.encode(report), indent=1))
    print(f"Written: {folder / stem}.md and .json")


if __name__ == "__main__":
    sys.exit(main())
