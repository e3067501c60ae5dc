"""How smooth the window is while it trains, how fast it answers, and what it costs the training.

    python benchmarks/window_frames.py [seconds] [experiment] [WIDTHxHEIGHT]

Opens the real window (offscreen without a display) with a ready-made experiment, trains, places starts in the phase
plane meanwhile, and prints frame times, what of them is work, the answers to the starts, and training steps a second
with the window and without it. The steps that the trainer makes in a second of its own processor time tell what the
window would cost where it has a core to itself.
"""

from __future__ import annotations

import os
import sys
import tempfile
from argparse import ArgumentParser
from math import nan
from pathlib import Path
from time import monotonic, perf_counter, process_time, sleep, thread_time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from nodeviz.engine.client import EngineClient

BEGAN = perf_counter()
if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")) and sys.platform.startswith("linux"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

STARTS_EVERY = 0.4
LONGEST_WAIT = 60.0
WARM_UP = 2.0
"""Seconds of training before measuring: caches fill, the first plots are made."""


class Speed(NamedTuple):
    """Training steps in a second of the clock, and in a second of the trainer's processor (NaN where none tells)."""

    clock: float
    processor: float


class Seen(NamedTuple):
    """What was measured with the window open: seconds, and how fast it trained meanwhile."""

    first_frame: float
    training_seen: float
    frames: list[float]
    works: list[float]
    """Processor time of the thread that draws, from frame to frame."""
    answers: list[float]
    portraits: float
    speed: Speed
    detail: float
    load: float


def watch(seconds: float, experiment: str, size: tuple[int, int]) -> Seen:
    """Train in the real window for `seconds` and measure."""
    watched = Watched(experiment, size)
    training_seen = watched.begin()
    watched.warm_up()
    try:
        return watched.measure(seconds, training_seen)
    finally:
        watched.close()


class Watched:
    """The real window, and what is noted of it."""

    def __init__(self, experiment: str, size: tuple[int, int]) -> None:
        from nodeviz.assets_path import ready_made
        from nodeviz.engine.client import EngineClient
        from nodeviz.ui.application import make_application
        from nodeviz.ui.launch import launch

        self._app = make_application(sys.argv[:1])
        self._client = EngineClient()
        self._launched = launch(self._client, ready_made()[experiment])
        self._window, self._link = self._launched.window, self._launched.desk.link
        self._window.resize(*size)
        self._first_frame = nan
        self._last = (0.0, 0.0)
        self._frames: list[float] = []
        self._works: list[float] = []
        self._asked: float | None = None
        self._answers: list[float] = []
        self._portraits = 0

    def begin(self) -> float:
        """Show the window and train. The seconds until the first step is seen."""
        self._window.shownFirst.connect(self._note_first)
        self._link.solved.connect(self._note_answer)
        self._link.portrayed.connect(self._note_portrait)
        self._window.show()
        self._link.train()
        pressed = perf_counter()
        while self._link.step == 0:
            self._app.processEvents()
            if perf_counter() - pressed > LONGEST_WAIT:
                told = self._launched.desk.announcements.open
                raise SystemExit(f"No training step within {LONGEST_WAIT:.0f} s: {told}")
        return perf_counter() - pressed

    def warm_up(self) -> None:
        """Go on until plots are drawn and caches full."""
        began = perf_counter()
        while not self._portraits and perf_counter() - began < LONGEST_WAIT:
            self._run(0.1)
        self._run(WARM_UP)

    def measure(self, seconds: float, training_seen: float) -> Seen:
        """Place starts for `seconds`, and tell how the window and the training fared."""
        self._portraits = 0
        self._last = perf_counter(), thread_time()
        step, began, computed = self._link.step, perf_counter(), process_time()
        trained = processor_seconds(self._client.pid("trainer"))
        self._launched.desk.clock.ticked.connect(self._note_frame)
        turn = 0
        while perf_counter() - began < seconds:
            turn += 1
            self._place_start(turn)
            self._run(STARTS_EVERY)
        took, steps = perf_counter() - began, self._link.step - step
        return Seen(
            first_frame=self._first_frame,
            training_seen=training_seen,
            frames=self._frames,
            works=self._works,
            answers=self._answers,
            portraits=self._portraits / took,
            speed=Speed(steps / took, steps / (processor_seconds(self._client.pid("trainer")) - trained)),
            detail=self._launched.desk.clock.detail,
            load=(process_time() - computed) / took,
        )

    def close(self) -> None:
        """Close the window, and the workers with it."""
        self._window.close()

    def _place_start(self, turn: int) -> None:
        """Ask for one trajectory more; every third time all are taken away instead."""
        self._asked = perf_counter()
        self._window.plane.startPlaced.emit(0.02 * (turn % 50) - 0.5, 1.0)
        if turn % 3 == 0:
            self._launched.desk.store.edit("view.starts", ())
            self._asked = None

    def _run(self, seconds: float) -> None:
        from PySide6.QtCore import QEventLoop, QTimer

        loop = QEventLoop()
        QTimer.singleShot(round(1000 * seconds), loop.quit)
        loop.exec()

    def _note_first(self) -> None:
        self._first_frame = perf_counter() - BEGAN

    def _note_frame(self, _: float) -> None:
        now, worked = perf_counter(), thread_time()
        self._frames.append(now - self._last[0])
        self._works.append(worked - self._last[1])
        self._last = now, worked

    def _note_answer(self, _: object) -> None:
        if self._asked is not None:
            self._answers.append(perf_counter() - self._asked)
            self._asked = None

    def _note_portrait(self, _: object) -> None:
        self._portraits += 1


def processor_seconds(pid: int | None) -> float:
    """Processor time that process `pid` has used; NaN where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return nan
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def train_alone(seconds: float, experiment: str) -> Speed:
    """How fast the trainer is without any window."""
    from nodeviz.assets_path import ready_made
    from nodeviz.engine.client import EngineClient
    from nodeviz.engine.messages import Configure, Train
    from nodeviz.experiment import decode

    client = EngineClient()
    client.restart("trainer")
    client.send("trainer", Configure(decode(ready_made()[experiment].read_bytes()), revision=1))
    client.send("trainer", Train())
    _follow(client, WARM_UP)
    trained = processor_seconds(client.pid("trainer"))
    steps = _follow(client, seconds)
    used = processor_seconds(client.pid("trainer")) - trained
    client.stop()
    return Speed(steps / seconds, steps / used)


def _follow(client: EngineClient, seconds: float) -> int:
    """Training steps that are told in the `seconds` after the first of them."""
    from nodeviz.engine.messages import Progress

    steps, began = 0, None
    while began is None or monotonic() - began < seconds:
        for event in client.drain():
            if isinstance(event, Progress):
                began = began or monotonic()
                steps += event.loss.shape[0]
        sleep(0.005)
    return steps


def _percentile(values: list[float], share: float) -> float:
    return nan if not values else sorted(values)[min(len(values) - 1, int(share * len(values)))]


def main() -> None:
    parser = ArgumentParser(description="How smooth the window is while it trains, and what it costs the training.")
    parser.add_argument("seconds", nargs="?", type=float, default=20.0)
    parser.add_argument("experiment", nargs="?", default="spiral", help="a ready-made one")
    parser.add_argument("size", nargs="?", default="1280x800", metavar="WIDTHxHEIGHT")
    given = parser.parse_args()
    seconds, experiment = given.seconds, given.experiment
    width, _, height = given.size.partition("x")
    with tempfile.TemporaryDirectory() as home:
        os.environ["NODEVIZ_HOME"] = home
        seen = watch(seconds, experiment, (int(width), int(height)))
    alone = train_alone(seconds, experiment)
    frames = seen.frames
    print(f"first frame after          {seen.first_frame:8.2f} s     (wanted: 1)")
    print(f"training seen after Space  {seen.training_seen:8.2f} s     (wanted: 3, pressed at the first frame)")
    print(f"frame, median              {1e3 * _percentile(frames, 0.5):8.1f} ms")
    print(f"frame, 99 of 100 within    {1e3 * _percentile(frames, 0.99):8.1f} ms    (wanted: 33)")
    print(f"frame, worst of {len(frames):5d}      {1e3 * max(frames):8.1f} ms    (wanted: 100)")
    print(f"frame work, median         {1e3 * _percentile(seen.works, 0.5):8.1f} ms    (wanted: 10)")
    print(f"frame work, 99 of 100      {1e3 * _percentile(seen.works, 0.99):8.1f} ms")
    print(f"start answered, median     {1e3 * _percentile(seen.answers, 0.5):8.1f} ms")
    print(f"start answered, worst      {1e3 * max(seen.answers, default=nan):8.1f} ms    (wanted: 100)")
    print(f"portraits                  {seen.portraits:8.1f} /s    particles drawn {seen.detail:.0%}")
    print(f"the window keeps busy      {seen.load:8.0%} of a core")
    for name, ours, bare in (
        ("", seen.speed.clock, alone.clock),
        ("processor ", seen.speed.processor, alone.processor),
    ):
        print(
            f"training, with and without {ours:8.1f} {bare:8.1f} steps a {name}second"
            f"  ({ours / bare - 1:+.1%}; {os.cpu_count()} cores)"
        )


if __name__ == "__main__":
    main()
