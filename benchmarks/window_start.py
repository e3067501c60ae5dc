"""How soon the window is there after its launch, how soon it can train, and what its process holds then.

    python -m benchmarks.window_start                   ten launches
    python -m benchmarks.window_start 20 . /other       twenty of each of two checkouts, taking turns

A launch is counted from before the interpreter starts. The window is shown when its first frame is painted, and ready
when the trainer has taken the experiment. Processor time is that of the window's process alone until its first frame:
other programs disturb it least. Linux only: it reads /proc.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from statistics import median
from subprocess import PIPE, Popen
from threading import Timer
from time import monotonic, process_time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from nodeviz.engine.messages import Configured
    from nodeviz.ui.desk import Desk

if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

HERE = Path(__file__).resolve()
LAUNCHED_AT = "NODEVIZ_LAUNCHED_AT"
PATIENCE = 60.0
"""Seconds that a launch may take."""


class Held(NamedTuple):
    """Megabytes: all pages that are there; shared ones counted in parts; those of no other process."""

    resident: float
    proportional: float
    own: float


class Start(NamedTuple):
    """Of one launch: seconds, and megabytes at the first frame and when ready."""

    shown: float
    processor: float
    ready: float
    resident_shown: float
    resident: float
    proportional: float
    own: float


class _AtImport:
    """Finds no module, but calls `then` when the one of that name is about to be imported."""

    def __init__(self, name: str, then: Callable[[], None]) -> None:
        self._name, self._then = name, then

    def find_spec(self, name: str, path: object, target: object = None) -> None:
        if name == self._name:
            self._then()


def watched_launch() -> int:
    """Be the window that is measured: tell when it is shown and when it is ready, and end when that was heard."""
    launched_at = float(os.environ[LAUNCHED_AT])

    def watch() -> None:
        from nodeviz.ui.main_window import MainWindow

        compose = MainWindow.__init__

        def compose_and_tell(window: MainWindow, desk: Desk) -> None:
            compose(window, desk)

            def tell_ready(said: Configured) -> None:
                if said.role == "trainer":
                    print(monotonic() - launched_at, flush=True)
                    sys.stdin.readline()
                    window.close()

            window.shownFirst.connect(lambda: print(monotonic() - launched_at, process_time(), flush=True))
            desk.link.configured.connect(tell_ready)

        MainWindow.__init__ = compose_and_tell  # type: ignore[method-assign]

    # Whatever is imported here is imported in another order than at a launch: so nothing is, until the window's class
    # is there, which is before this module.
    sys.meta_path.insert(0, _AtImport("nodeviz.ui.screenshot", watch))  # type: ignore[arg-type]
    from nodeviz.app import main

    return main([])


def start_of(checkout: Path, home: str) -> Start:
    """Launch the window of `checkout` and end it when it is ready. Raises `SystemExit` when it never is."""
    environment = {**os.environ, "PYTHONPATH": str(checkout), "NODEVIZ_HOME": home, LAUNCHED_AT: repr(monotonic())}
    command = [sys.executable, str(HERE), "--watched"]
    with Popen(command, env=environment, cwd=home, stdin=PIPE, stdout=PIPE, text=True) as window:
        late = Timer(PATIENCE, window.kill)
        late.start()
        shown = _told(window)
        resident = held_by(window.pid).resident
        ready = _told(window)
        held = held_by(window.pid)
        window.communicate("\n")
        late.cancel()
    return Start(*shown, *ready, resident, *held)


def _told(window: Popen[str]) -> list[float]:
    line = window.stdout.readline() if window.stdout else ""
    if not line:
        raise SystemExit(f"The window was not there within {PATIENCE:.0f} s, or ended.")
    return [float(word) for word in line.split()]


def main() -> int:
    launches = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    checkouts = [Path(name).resolve() for name in sys.argv[2:]] or [HERE.parents[1]]
    starts: dict[Path, list[Start]] = {checkout: [] for checkout in checkouts}
    with tempfile.TemporaryDirectory() as home:
        for turn in range(launches + 1):
            for checkout in checkouts:
                start = start_of(checkout, home)
                if turn:  # the first fills the system's caches
                    starts[checkout].append(start)
    for checkout, seen in starts.items():
        typical, least = (Start(*map(of, zip(*seen, strict=True))) for of in (median, min))
        print(f"{checkout}: medians of {launches} launches, the least in brackets")
        print(f"  first frame after             {typical.shown:7.2f} s   ({least.shown:.2f}; wanted: 0.7)")
        print(f"  processor time until then     {typical.processor:7.2f} s   ({least.processor:.2f})")
        print(f"  ready to train after          {typical.ready:7.2f} s   ({least.ready:.2f}; wanted: 1.8)")
        print(f"  resident at the first frame   {typical.resident_shown:7.1f} MB")
        print(f"  resident when ready           {typical.resident:7.1f} MB  (wanted: 120)")
        print(f"    shared pages in parts       {typical.proportional:7.1f} MB")
        print(f"    of no other process         {typical.own:7.1f} MB")
    return 0


def held_by(pid: int) -> Held:
    """What process `pid` holds. Raises `OSError` where /proc does not tell."""
    kilobytes: dict[str, int] = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, _, amount = line.partition(":")
        kilobytes[name] = int(amount.split()[0])
    own = kilobytes["Private_Clean"] + kilobytes["Private_Dirty"]
    return Held(*(1024 * amount / 1e6 for amount in (kilobytes["Rss"], kilobytes["Pss"], own)))


if __name__ == "__main__":
    sys.exit(watched_launch() if sys.argv[1:] == ["--watched"] else main())
