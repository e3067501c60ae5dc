"""Whether hours of training grow a process: the real window with both of its workers, their memory now and then.

    python benchmarks/soak.py               eight hours, a line every ten minutes
    python benchmarks/soak.py 0.5 60        half an hour, a line every sixty seconds
    python benchmarks/soak.py 0.5 60 moons  the same of a ready-made experiment, by its name

Ends with status 1 when a process holds more than 20 MB more at the end than after the first minutes. Linux only: it
reads /proc.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from math import isfinite, nan
from pathlib import Path
from time import monotonic
from typing import NamedTuple

if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

ALLOWED = 20.0
"""Megabytes that a process may grow by."""
WARM_UP = 120.0
"""Seconds after which growth counts: by then all was drawn once, and the allocators have settled."""
PROCESSES = ("window", "trainer", "inspector")


class Sample(NamedTuple):
    """After so many seconds and training steps: what each process holds, in megabytes."""

    seconds: float
    step: int
    held: dict[str, float]


def held_by(pid: int) -> float:
    """Megabytes of memory that process `pid` holds (its resident set). Raises `OSError` where /proc does not tell."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def soak(seconds: float, every: float, experiment: str = "spiral") -> Iterator[Sample]:
    """Train in the real window for `seconds`; a sample every so many seconds, and the first at once."""
    from PySide6.QtCore import QEventLoop, QTimer

    from nodeviz.assets_path import ready_made
    from nodeviz.engine.client import EngineClient
    from nodeviz.ui.application import make_application
    from nodeviz.ui.launch import launch

    make_application(sys.argv[:1])
    client = EngineClient()
    launched = launch(client, ready_made()[experiment])
    launched.window.show()
    link, began = launched.desk.link, monotonic()
    link.train()
    try:
        while True:
            pids = {"window": os.getpid(), "trainer": client.pid("trainer"), "inspector": client.pid("inspector")}
            held = {name: held_by(pid) for name, pid in pids.items() if pid is not None}
            yield Sample(monotonic() - began, link.step, held)
            if monotonic() - began >= seconds:
                return
            loop = QEventLoop()
            QTimer.singleShot(round(1000 * every), loop.quit)
            loop.exec()
    finally:
        launched.window.close()


def growth(samples: list[Sample], warm_up: float = WARM_UP) -> dict[str, float]:
    """Megabytes that each process holds more in the last sample than in the first after `warm_up` seconds.

    Raises `ValueError` when there are no two such samples.
    """
    settled = [sample for sample in samples if sample.seconds >= warm_up]
    if len(settled) < 2:
        raise ValueError(f"Growth needs two samples after {warm_up:g} s; there are {len(settled)}. Run longer.")
    return {name: settled[-1].held[name] - settled[0].held[name] for name in PROCESSES}


def _options() -> argparse.Namespace:
    from nodeviz.assets_path import ready_made

    parser = argparse.ArgumentParser(
        prog="benchmarks/soak.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("hours", nargs="?", type=_above_zero, default=8.0, help="how long [8]")
    parser.add_argument("every", nargs="?", type=_above_zero, default=600.0, help="seconds between two lines [600]")
    parser.add_argument(
        "experiment", nargs="?", choices=ready_made(), default="spiral", metavar="NAME", help="what to train [spiral]"
    )
    return parser.parse_args()


def _above_zero(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = nan
    if not (isfinite(number) and number > 0):
        raise argparse.ArgumentTypeError(f"a number above zero is needed; got {text!r}")
    return number


def main() -> int:
    options = _options()
    samples: list[Sample] = []
    with tempfile.TemporaryDirectory() as home:
        os.environ["NODEVIZ_HOME"] = home
        print(f"{'minutes':>8}{'step':>12}" + "".join(f"{name + ' MB':>14}" for name in PROCESSES), flush=True)
        for sample in soak(3600 * options.hours, options.every, options.experiment):
            samples.append(sample)
            held = "".join(f"{sample.held.get(name, float('nan')):14.1f}" for name in PROCESSES)
            print(f"{sample.seconds / 60:8.1f}{sample.step:12,}{held}", flush=True)
    grown = growth(samples)
    print(f"growth after the first {WARM_UP:g} s: " + ", ".join(f"{name} {grown[name]:+.1f} MB" for name in PROCESSES))
    return int(max(grown.values()) > ALLOWED)


if __name__ == "__main__":
    sys.exit(main())
