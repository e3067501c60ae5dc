"""What the ready-made classes and densities come to: trains them with three seeds and writes docs/results.md.

python -m benchmarks.results --out docs           all parts; about a quarter of an hour of a core
python -m benchmarks.results --quick              a hundredth of the steps, one seed: only to try the script out
python -m benchmarks.results --only mathematics   one part, printed and not written
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from time import process_time

import torch

from benchmarks.figures import PARTS, Effort, Part, Section
from benchmarks.report import load, machine, today
from nodeviz.library.atomic import write_atomically

FILE = "results.md"
FULL, QUICK = Effort((0, 1, 2), 1.0), Effort((0,), 0.01)


def main(arguments: Sequence[str] | None = None) -> int:
    """Make what the arguments ask for; the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.results", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, metavar="FOLDER", help=f"write {FILE} there")
    parser.add_argument("--only", nargs="+", choices=list(PARTS), metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="one seed and next to no steps")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    effort = QUICK if options.quick else FULL
    names = options.only or list(PARTS)
    found = [made(name, PARTS[name], effort) for name in names]
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        write_atomically(options.out / FILE, page(found, effort).encode())
        print(f"Written: {options.out / FILE}")
    return 0


def made(name: str, part: Part, effort: Effort) -> Section | str:
    """The part, which is also printed, with what it took."""
    began = process_time()
    found = part(effort)
    print(f"{found}\n\n({name}: {process_time() - began:.0f} s of processor time)\n", flush=True)
    return found


def page(parts: Iterable[Section | str], effort: Effort) -> str:
    """The whole file."""
    trial = "" if effort.share == 1 else f"\n\n**A trial with {effort.share:g} of the steps: no figure here counts.**"
    head = f"""# Results

What the ready-made experiments with classes and densities come to, with seeds {", ".join(map(str, effort.seeds))}.
Written by `python -m benchmarks.results` on {today()}: {machine()}, Python {platform.python_version()},
torch {torch.__version__}, one thread, with a load of {load():.1f} at the end: compare milliseconds with one another
alone. Differences between the figures of a row are luck of the seed.{trial}"""
    return "\n\n".join([head, *map(str, parts)]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
