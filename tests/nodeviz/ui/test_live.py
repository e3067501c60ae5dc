"""The window over the real engine: training is seen, settings act at once, a killed worker is brought back."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from multiprocessing import active_children
from time import monotonic

import numpy as np
import pytest
from PySide6.QtTest import QTest

from nodeviz.engine.client import EngineClient
from nodeviz.engine.packed import unpack
from nodeviz.ui.launch import Launched, launch

PATIENCE = 60_000
"""Milliseconds: what takes a second on a machine at rest may wait for other tests here."""


@pytest.fixture
def live(qtbot) -> Iterator[Launched]:
    """The window as a user has it, both workers ready."""
    launched = launch(EngineClient())
    launched.window.show()
    link = launched.desk.link
    qtbot.waitUntil(lambda: link.trainer.state == link.inspector.state == "ready", timeout=PATIENCE)
    yield launched
    launched.window.close()
    launched.window.deleteLater()
    launched.deleteLater()
    assert not active_children(), "closing the window ends every child"


def test_training_asked_for_at_once_is_seen_and_settings_act_without_a_pause(qtbot) -> None:
    launched = launch(EngineClient())
    launched.window.show()
    link, store = launched.desk.link, launched.desk.store
    link.train()
    assert launched.window.toolbar.train.text() == "Starting…"
    qtbot.waitUntil(lambda: link.step >= 20, timeout=PATIENCE)
    store.edit("solver.method", "rk4")
    store.edit("training.learning_rate", 3e-3)
    at = link.step
    qtbot.waitUntil(lambda: link.step >= at + 20 and not link.trainer.edit_under_way, timeout=PATIENCE)
    assert link.activity == "training"
    launched.window.close()
    assert not active_children()
    launched.window.deleteLater()


@pytest.mark.slow
def test_a_start_is_answered_while_training(live: Launched, qtbot) -> None:
    live.desk.link.train()
    qtbot.waitUntil(lambda: live.desk.link.step > 5, timeout=PATIENCE)
    answers = []
    live.desk.link.solved.connect(answers.append)
    began = monotonic()
    live.window.plane.startPlaced.emit(1.0, 1.0)
    qtbot.waitUntil(lambda: bool(answers), timeout=PATIENCE)
    assert monotonic() - began < 5.0, "100 ms on a machine at rest; see benchmarks/window_frames.py"
    start = unpack(answers[0].curves[0].ys)[0]
    assert np.allclose(start, [1.0, 1.0])


@pytest.mark.slow
def test_a_killed_trainer_is_told_and_continues_where_it_was(live: Launched, qtbot) -> None:
    link = live.desk.link
    link.train()
    qtbot.waitUntil(lambda: link.checkpoint is not None and link.checkpoint.step > 30, timeout=PATIENCE)
    os.kill(link.trainer.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: link.trainer.state == "lost", timeout=PATIENCE)
    kept = link.checkpoint.step
    assert "trainer" in live.desk.announcements.open
    live.desk.announcements.open["trainer"].accept()
    qtbot.waitUntil(lambda: link.activity == "training" and link.step > kept + 5, timeout=PATIENCE)
    assert link.trainer.state == "ready" and "trainer" not in live.desk.announcements.open


@pytest.mark.slow
def test_a_killed_inspector_is_told_and_draws_again(live: Launched, qtbot) -> None:
    link = live.desk.link
    os.kill(link.inspector.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: link.inspector.state == "lost", timeout=PATIENCE)
    portraits = []
    link.portrayed.connect(portraits.append)
    live.desk.announcements.open["inspector"].accept()
    qtbot.waitUntil(lambda: bool(portraits), timeout=PATIENCE)


@pytest.mark.slow
def test_wild_edits_and_sizes_break_nothing(live: Launched, qtbot) -> None:
    link, store, window = live.desk.link, live.desk.store, live.window
    random = np.random.default_rng(0)
    methods = ["euler", "rk4", "ab4", "dopri5", "tsit5", "dop853"]
    link.train()
    for turn in range(60):
        store.edit("solver.rtol", float(10 ** random.uniform(-8, -2)), gesture="drag")
        store.edit("solver.method", str(random.choice(methods)))
        store.edit("field.width", int(random.integers(4, 80)))
        if turn % 10 == 0:
            window.resize(int(random.integers(960, 2000)), int(random.integers(600, 1200)))
            link.toggle()
            link.toggle()
        QTest.qWait(5)
    store.edit("solver.method", "dopri5")
    qtbot.waitUntil(lambda: not (link.trainer.edit_under_way or link.trainer.edit_waits), timeout=PATIENCE)
    at = link.step
    qtbot.waitUntil(lambda: link.step > at, timeout=PATIENCE)
    assert not {"exception", "trainer failed", "inspector failed", "trainer", "inspector"} & set(
        live.desk.announcements.open
    )


@pytest.mark.slow
def test_the_session_comes_back_with_its_weights(live: Launched, qtbot) -> None:
    link, store = live.desk.link, live.desk.store
    store.edit("field.width", 13)
    link.train()
    qtbot.waitUntil(lambda: link.step > 10 and not link.trainer.edit_under_way, timeout=PATIENCE)
    link.pause()
    qtbot.waitUntil(lambda: link.activity == "paused", timeout=PATIENCE)
    qtbot.waitUntil(lambda: link.checkpoint is not None and link.checkpoint.step == link.step, timeout=PATIENCE)
    step, theta = link.step, unpack(link.checkpoint.theta)
    live.window.close()
    again = launch(EngineClient())
    again.window.show()
    qtbot.waitUntil(lambda: again.desk.link.trainer.state == "ready", timeout=PATIENCE)
    qtbot.waitUntil(lambda: again.desk.link.step == step, timeout=PATIENCE)
    assert again.desk.store.experiment.field.width == 13
    assert np.array_equal(unpack(again.desk.link.checkpoint.theta), theta)
    again.window.close()
    again.window.deleteLater()
