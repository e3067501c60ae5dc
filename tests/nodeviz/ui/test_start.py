"""The start: no torch in the window's process, and a frame before anything else is done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nodeviz.library.session import restore_session

SCRIPT = """
import json, sys
from time import perf_counter
began = perf_counter()
from nodeviz.engine.messages import Ready
from nodeviz.ui.application import make_application
from nodeviz.ui.launch import launch
from tests.nodeviz.ui.pretended import PretendedClient

app = make_application(["nodeviz"])
client = PretendedClient()
client.events.append(Ready(role="trainer", pid=1, device="cpu", torch="2"))
launched = launch(client)
launched.desk.clock.ticked.emit(0.0)
seen = []
launched.window.shownFirst.connect(lambda: seen.append(perf_counter() - began))
launched.window.show()
while not client.started:
    app.processEvents()
launched.desk.clock.ticked.emit(0.0)
trainer = launched.desk.link.trainer.state
flowing = launched.window.plane.particle_layer.isVisible()
launched.window.close()
imported = [name for name in sys.modules if name.split(".")[0] == "torch"]
print(json.dumps({"torch": imported, "first_frame": seen[0], "flowing": flowing, "trainer": trainer}))
"""

ENDED_FROM_OUTSIDE = """
import os, signal, sys
from nodeviz.ui import launch as opening
from tests.nodeviz.ui.pretended import PretendedClient

class Ended(PretendedClient):
    def stop(self):
        super().stop()
        print("stopped")

launch = opening.launch

def launch_and_be_ended(client, *arguments, **options):
    launched = launch(client, *arguments, **options)
    launched.desk.store.edit("solver.rtol", 1e-3)
    launched.window.shownFirst.connect(lambda: os.kill(os.getpid(), signal.Signals[sys.argv[1]]))
    return launched

opening.launch = launch_and_be_ended
sys.exit(opening.open_window(["nodeviz"], Ended()))
"""


@pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_window_that_is_ended_from_outside_closes_in_order_and_keeps_the_session(name: str, home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ENDED_FROM_OUTSIDE, name],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "stopped\n"), done.stderr
    restored = restore_session().model
    assert restored is not None and restored.experiment.solver.rtol == 1e-3


def test_the_window_opens_with_a_field_that_flows_and_imports_no_torch(tmp_path: Path) -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "NODEVIZ_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen["torch"] == [] and seen["flowing"]
    assert seen["trainer"] == "ready", "it was spawned ahead, and heard of before the window had asked for it"
    assert seen["first_frame"] < 10, "a second on a machine at rest (benchmarks/window_frames.py); this is a stall"
    assert done.stderr == ""
