"""Memory over a minute of training in the real window; benchmarks/soak.py does it for hours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.soak import PROCESSES, Sample, growth, main

SCRIPT = """
import json
from benchmarks.soak import growth, soak
samples = list(soak(40.0, 4.0))
print(json.dumps([samples[-1].step, growth(samples, warm_up=15.0)]))
"""
LEAK = 5.0
"""Megabytes in the 25 s that count: one portrait kept of each would be more."""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_training_in_the_window_grows_no_process(tmp_path: Path) -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "NODEVIZ_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, timeout=150, check=False
    )
    assert done.returncode == 0, done.stderr
    steps, grown = json.loads(done.stdout.splitlines()[-1])
    assert steps > 500
    assert set(grown) == set(PROCESSES)
    assert max(grown.values()) < LEAK, grown


def test_growth_counts_from_the_first_sample_after_the_warm_up() -> None:
    held = [dict.fromkeys(PROCESSES, value) for value in (50.0, 100.0, 103.0)]
    samples = [Sample(10.0 * i, i, each) for i, each in enumerate(held)]
    assert growth(samples, warm_up=5.0) == dict.fromkeys(PROCESSES, 3.0)
    with pytest.raises(ValueError, match="Run longer"):
        growth(samples, warm_up=15.0)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [(["--help"], 0, "eight hours"), (["soon"], 2, "a number above zero"), (["1", "60", "spirl"], 2, "choose from")],
)
def test_it_says_how_it_is_used(
    arguments: list[str], status: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["soak.py", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr()
    assert ended.value.code == status and said in told.out + told.err
