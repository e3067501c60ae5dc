"""What every test stands on: no display, one torch thread, a home of its own, and no process left behind."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from nodeviz.system_libraries import how_to_install, missing_libraries

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Tests are of what torch computes, to the bit where they say so; those of the native kernel switch it on.
os.environ.setdefault("NODEVIZ_NATIVE", "0")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Say what Qt lacks, before pytest-qt fails on it in a traceback."""
    missing = missing_libraries(os.environ["QT_QPA_PLATFORM"])
    if missing:
        pytest.exit(f"Qt needs {', '.join(missing)}, which this system lacks. {how_to_install(missing)}", returncode=3)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs CUDA where there is none; torch is only asked when there is such a test."""
    wanting = [item for item in items if item.get_closest_marker("cuda")]
    if not wanting:
        return
    import torch

    if not torch.cuda.is_available():
        for item in wanting:
            item.add_marker(pytest.mark.skip(reason="needs a CUDA device"))


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where nodeviz keeps things during this test: never the user's own folder."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("NODEVIZ_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def _no_process_outlives_its_test() -> Iterator[None]:
    before = set(multiprocessing.active_children())
    yield
    left = [child for child in multiprocessing.active_children() if child not in before]
    for child in left:
        child.kill()
    if left:
        pytest.fail(f"left running: {', '.join(child.name for child in left)}")
