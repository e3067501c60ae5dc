"""Real workers, spawned: nothing lost, crashes noticed, and never a child left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from nodeviz.engine.client import EngineClient
from nodeviz.engine.messages import (
    ActivityChanged,
    AskPortrait,
    AskSweep,
    AskTrajectories,
    Checkpoint,
    Configure,
    Configured,
    Failed,
    Pause,
    Portrait,
    Progress,
    Ready,
    Reset,
    Restore,
    SetWeights,
    Step,
    SweepExtended,
    Train,
    TrajectoriesSolved,
    Weights,
    WorkerLost,
)
from nodeviz.engine.packed import unpack
from nodeviz.experiment import Experiment
from nodeviz.settings import edited

ROOT = Path(__file__).parents[3]
POSIX = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
LINUX = pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="reads /proc")
EXTENT = (-2.0, 2.0, -2.0, 2.0)


@pytest.fixture
def experiment():
    return edited(edited(Experiment(), "task.batch", 2), "solver.rtol", 1e-3)


def paused(event):
    return event.activity == "paused"


def losses(events):
    return np.concatenate([unpack(event.loss) for event in events]).tolist()


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def gone_within(pids, seconds):
    deadline = time.monotonic() + seconds
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(map(alive, pids))


def test_steps_resets_crashes_and_restores_keep_every_step_bit_for_bit(ear, experiment):
    send, until = ear.client.send, ear.until
    send("trainer", Configure(experiment, run=1, revision=1))
    send("trainer", Step(60, run=1))
    until(ActivityChanged, paused)
    first = losses(ear.of(Progress))
    assert len(first) == 60

    send("trainer", Reset(run=2, revision=1))
    until(ActivityChanged, lambda event: paused(event) and event.run == 2)
    ear.listen()
    send("trainer", Step(30, run=2))
    until(ActivityChanged, lambda event: paused(event) and event.run == 2 and event.step == 30)
    ear.listen()
    assert losses(event for event in ear.of(Progress) if event.run == 2) == first[:30]

    checkpoint = ear.of(Checkpoint)[-1]
    assert checkpoint.step == 30
    os.kill(ear.client.pid("trainer"), signal.SIGTERM if os.name != "posix" else signal.SIGKILL)
    lost = until(WorkerLost, patience=5)
    assert lost.role == "trainer" and ear.client.lost() == ("trainer",)
    assert not send("trainer", Train(run=2))

    ear.client.restart("trainer")
    assert ear.client.lost() == ()
    send("trainer", Configure(experiment, run=2, revision=1))
    send("trainer", Restore(checkpoint, run=2, revision=1))
    ear.heard.clear()
    send("trainer", Step(30, run=2))
    until(ActivityChanged, lambda event: paused(event) and event.step == 60)
    assert losses(ear.of(Progress)) == first[30:]
    assert [event.first for event in ear.of(Progress)][0] == 30


@pytest.mark.slow
def test_a_thousand_steps_arrive_in_order_without_a_gap_while_settings_change(ear, experiment):
    ear.client.send("trainer", Configure(experiment, run=1, revision=1))
    ear.client.send("trainer", Step(1000, run=1))
    revision = 1
    while not any(paused(event) for event in ear.of(ActivityChanged)):
        revision += 1
        edit = edited(experiment, "training.learning_rate", 1e-4 * (1 + revision % 50))
        ear.client.send("trainer", Configure(edit, run=1, revision=revision))
        ear.until(Configured, lambda event, revision=revision: event.revision == revision)
    told = 0
    for event in ear.of(Progress):
        assert event.first == told
        told += event.loss.shape[0]
    assert told == 1000
    assert 10 < len(ear.of(Progress)) < 1000


def test_the_inspector_answers_while_the_trainer_trains_with_the_weights_it_is_told(ear, experiment):
    for role in ("trainer", "inspector"):
        ear.client.send(role, Configure(experiment, run=1, revision=1))
    ear.client.send("trainer", Train(run=1))
    weights = ear.until(Weights, lambda event: event.step > 0)
    ear.client.send("inspector", SetWeights(weights.step, weights.theta, run=1, revision=1))
    ear.client.send("inspector", AskSweep(1, run=1))
    ear.client.send("inspector", AskPortrait(2, EXTENT, 0.0, ((1.0, 1.0),), 16, run=1))
    for question in range(3, 6):
        ear.client.send("inspector", AskTrajectories(question, ((1.0, 1.0),), run=1))
        assert ear.until(TrajectoriesSolved).question == question
    ear.until(SweepExtended, lambda event: event.done)
    portrait = ear.of(Portrait)[-1]
    assert portrait.step == weights.step and len(portrait.user) == len(portrait.learnt) == 1
    ear.client.send("trainer", Pause(run=1))
    ear.until(ActivityChanged, paused)


def test_a_bad_command_is_one_failed_event_and_the_worker_lives_on(ear, experiment):
    ear.client.send("trainer", Train(run=1))
    failed = ear.until(Failed)
    assert failed.role == "trainer" and "no experiment" in failed.message and failed.remedy
    ear.client._workers["inspector"]._outbox.put(b"\xc1 garbage")
    assert ear.until(Failed).role == "inspector"
    for role in ("trainer", "inspector"):
        ear.client.send(role, Configure(experiment, run=1, revision=1))
        ear.until(Configured, lambda event, role=role: event.role == role)


@POSIX
def test_a_stopped_client_drops_commands_and_can_be_stopped_again(ear, experiment):
    pids = [ear.client.pid(role) for role in ("trainer", "inspector")]
    ear.client.send("trainer", Configure(experiment, run=1, revision=1))
    ear.client.send("trainer", Train(run=1))
    ear.until(Progress)
    ear.client.stop()
    assert gone_within(pids, 0)
    assert not ear.client.send("trainer", Train(run=1))
    ear.client.stop()
    assert not [event for event in ear.client.drain() if isinstance(event, WorkerLost)]


@pytest.mark.slow
@POSIX
def test_a_worker_that_hangs_is_ended_all_the_same(ear):
    pid = ear.client.pid("inspector")
    os.kill(pid, signal.SIGSTOP)
    ear.client.stop(timeout=0.2)
    assert gone_within([pid], 0)


@pytest.mark.slow
@POSIX
def test_commands_to_a_worker_that_hangs_block_nobody(ear, experiment):
    os.kill(ear.client.pid("inspector"), signal.SIGSTOP)
    began = time.monotonic()
    for revision in range(3000):
        ear.client.send("inspector", Configure(experiment, run=1, revision=revision))
    assert time.monotonic() - began < 20
    ear.client.restart("inspector")
    ear.until(Ready)


@pytest.mark.slow
@POSIX
def test_ctrl_c_in_the_terminal_is_not_the_workers_business(ear, experiment):
    for role in ("trainer", "inspector"):
        os.kill(ear.client.pid(role), signal.SIGINT)
        ear.client.send(role, Configure(experiment, run=1, revision=1))
        ear.until(Configured, lambda event, role=role: event.role == role)


@pytest.mark.slow
@LINUX
def test_workers_sleep_when_there_is_nothing_to_do(ear, experiment):
    for role in ("trainer", "inspector"):
        ear.client.send(role, Configure(experiment, run=1, revision=1))
        ear.until(Configured, lambda event, role=role: event.role == role)
    time.sleep(0.2)
    pids = [ear.client.pid(role) for role in ("trainer", "inspector")]
    before = [_processor_ticks(pid) for pid in pids]
    time.sleep(1.0)
    assert [_processor_ticks(pid) for pid in pids] == pytest.approx(before, abs=1)  # of 100 a second


def _processor_ticks(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def run_script(text, *, kill=False):
    """What a script prints that starts workers, as a user's own script would, without a main guard."""
    script = subprocess.Popen(
        [sys.executable, "-c", text], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    if kill:
        line = script.stdout.readline()
        script.kill()
        script.communicate()
        return line
    out, errors = script.communicate(timeout=120)
    assert not errors, errors
    return out


READY_SCRIPT = """
import sys, time
from nodeviz.engine.client import EngineClient
from nodeviz.engine.messages import Ready, Configure, Train, Progress
from nodeviz.experiment import Experiment
assert "torch" not in sys.modules and "PySide6" not in sys.modules
client = EngineClient()
client.start()
pids = []
while len(pids) < 2:
    pids += [event.pid for event in client.drain() if isinstance(event, Ready)]
    time.sleep(0.01)
client.send("trainer", Configure(Experiment(), run=1, revision=1))
client.send("trainer", Train(run=1))
while not any(isinstance(event, Progress) for event in client.drain()):
    time.sleep(0.01)
assert "torch" not in sys.modules and "PySide6" not in sys.modules
print(*pids, flush=True)
"""


@pytest.mark.slow
@POSIX
@pytest.mark.parametrize("ending", ["import os; os._exit(1)", "", "sys.exit()"])
def test_children_end_with_a_parent_that_just_leaves(ending):
    pids = [int(pid) for pid in run_script(READY_SCRIPT + ending).split()]
    assert len(pids) == 2 and gone_within(pids, 5)


@pytest.mark.slow
@POSIX
def test_children_end_with_a_parent_that_is_killed_while_one_trains():
    pids = [int(pid) for pid in run_script(READY_SCRIPT + "time.sleep(60)", kill=True).split()]
    assert len(pids) == 2 and gone_within(pids, 5)


@pytest.mark.slow
@LINUX
def test_workers_run_nothing_of_the_script_that_started_them(tmp_path):
    script = tmp_path / "window.py"
    script.write_text(
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from PySide6 import QtCore\n"
        "print('ran', flush=True)\n"
        + READY_SCRIPT.replace(' and "PySide6" not in sys.modules', "")
        + "for pid in pids: print('Qt' in open(f'/proc/{pid}/maps').read())\n"
        + "client.stop()\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120)
    assert done.stderr == ""
    assert done.stdout.count("ran") == 1
    assert done.stdout.split()[-2:] == ["False", "False"]


@POSIX
def test_stopping_before_starting_or_before_ready_is_fine():
    client = EngineClient()
    client.stop()
    client.start()
    pids = [client.pid(role) for role in ("trainer", "inspector")]
    client.stop()
    assert gone_within(pids, 0)


@POSIX
def test_a_worker_spawned_ahead_is_kept_at_the_start():
    client = EngineClient()
    client.restart("trainer")
    pid = client.pid("trainer")
    client.start()
    pids = client.pid("trainer"), client.pid("inspector")
    client.stop()
    assert pids[0] == pid and pids[1] not in (None, pid)
