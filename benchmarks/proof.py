"""Every figure that the solver library's claims rest on, measured anew: writes docs/proof.md, in some minutes.

python -m benchmarks.proof [--out docs] [--only NAME ...] [--jobs 2]
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import scipy
import torch
import torchdiffeq

from benchmarks.proofs import SECTIONS, Section

FILE = "proof.md"


def page(parts: Iterable[Section]) -> str:
    """The whole file."""
    versions = f"torch {torch.__version__}, scipy {scipy.__version__}, torchdiffeq {torchdiffeq.__version__}"
    head = f"""# Proof

What the methods, controllers and gradients of `solver` do, measured, in float64 and one thread. Tests assert what is
said here. Seconds are of processor time, once: hints, not measurements. Written by `python -m benchmarks.proof` on
{date.today()}: Python {platform.python_version()}, {versions}."""
    return "\n\n".join([head, *map(str, parts)]) + "\n"


class Measured(NamedTuple):
    section: Section
    seconds: float


def measured(make: Callable[[], Section]) -> Measured:
    """The section, and the processor time that it took."""
    began = time.process_time()
    return Measured(make(), time.process_time() - began)


def main() -> None:
    names = [make.__name__ for make in SECTIONS]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs"), help=f"the folder that {FILE} is written to")
    parser.add_argument("--only", nargs="+", choices=names, help="print these parts alone, and write nothing")
    parser.add_argument("--jobs", type=int, default=2, help="how many parts are measured at a time")
    options = parser.parse_args()
    chosen = [make for make in SECTIONS if options.only is None or make.__name__ in options.only]
    parts = []
    with ProcessPoolExecutor(options.jobs, get_context("spawn"), torch.set_num_threads, (1,)) as workers:
        for make, found in zip(chosen, workers.map(measured, chosen), strict=True):
            print(f"{found.section}\n\n({make.__name__}: {found.seconds:.0f} s of processor time)\n", flush=True)
            parts.append(found.section)
    if options.only is None:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / FILE).write_text(page(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
