"""The trainer's session by hand: nothing told twice or never, pauses, resets, edits, and solves that fail."""

import numpy as np
import pytest
import torch

from nodeviz.engine.messages import (
    ActivityChanged,
    Checkpoint,
    Configure,
    Configured,
    Diverged,
    Failed,
    Pause,
    Progress,
    Reset,
    Restore,
    SetWeights,
    Step,
    Train,
    Weights,
    WeightsLeft,
    decode_command,
    encode,
)
from nodeviz.engine.packed import pack, unpack
from nodeviz.engine.patience import PATIENCE
from nodeviz.engine.trainer_session import TrainerSession
from nodeviz.experiment import Experiment
from nodeviz.settings import edited

torch.set_num_threads(1)


class Clock:
    """Time that passes when told, and a little at every look."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        self.now += 1e-6
        return self.now


class Driver:
    """A session, and everything it said."""

    def __init__(self):
        self.clock = Clock()
        self.session = TrainerSession(self.clock)
        self.said = []

    def tell(self, command):
        # By way of the wire form, since that is how commands come.
        events = self.session.handle(decode_command(encode(command)))
        self.said += events
        return events

    def ticks(self, count, seconds=0.004):
        for _ in range(count):
            self.clock.now += seconds
            self.said += self.session.tick()

    def run_down(self):
        while self.session.busy:
            self.ticks(1)

    def heard(self, kind):
        return [event for event in self.said if isinstance(event, kind)]

    def losses(self):
        columns = [unpack(progress.loss) for progress in self.heard(Progress)]
        return np.concatenate(columns).tolist() if columns else []


@pytest.fixture
def experiment():
    return edited(Experiment(), "task.batch", 5)


@pytest.fixture
def driver(experiment):
    driver = Driver()
    driver.tell(Configure(experiment, run=1, revision=1))
    return driver


def failing(experiment):
    tight = edited(edited(experiment, "solver.max_steps", 10), "solver.rtol", 1e-12)
    return edited(tight, "solver.atol", 1e-12)


def test_configuring_answers_with_where_training_stands(driver):
    configured, weights, checkpoint = driver.said
    assert (configured.role, configured.step, configured.kept, configured.parameters) == ("trainer", 0, False, 252)
    assert isinstance(weights, Weights) and isinstance(checkpoint, Checkpoint)
    assert {(event.run, event.revision) for event in driver.said} == {(1, 1)}
    assert not driver.session.busy


def test_no_step_is_told_twice_or_never(driver, experiment):
    driver.tell(Train(run=1))
    for revision in range(2, 12):
        driver.ticks(revision)
        driver.tell(Configure(edited(experiment, "training.learning_rate", 1e-3 * revision), run=1, revision=revision))
    driver.tell(Pause(run=1))
    told = 0
    for progress in driver.heard(Progress):
        assert progress.first == told
        told += progress.loss.shape[0]
        shapes = {column.shape for column in (progress.test, progress.nfe_forward, progress.nfe_backward)}
        assert shapes | {progress.rejected.shape, progress.seconds.shape} == {progress.loss.shape}
    assert told == sum(range(2, 12))
    assert driver.heard(ActivityChanged)[-1].step == told


def test_progress_is_of_the_revision_its_steps_were_taken_under(driver, experiment):
    driver.tell(Train(run=1))
    driver.ticks(3)
    driver.tell(Configure(edited(experiment, "solver.rtol", 1e-3), run=1, revision=2))
    assert [progress.revision for progress in driver.heard(Progress)] == [1] * len(driver.heard(Progress))
    driver.ticks(20)
    assert driver.heard(Progress)[-1].revision == 2


def test_an_edit_is_answered_with_kept_and_training_goes_on(driver, experiment):
    driver.tell(Train(run=1))
    driver.ticks(7)
    driver.tell(Configure(edited(experiment, "solver.method", "tsit5"), run=1, revision=2))
    configured = driver.heard(Configured)[-1]
    assert configured.kept and configured.step == 7 and configured.revision == 2
    assert driver.session.busy and len(driver.heard(ActivityChanged)) == 1


def test_an_edit_of_the_field_shows_its_weights_at_once_also_while_paused(driver, experiment):
    driver.tell(Step(3, run=1))
    driver.run_down()
    driver.tell(Configure(edited(experiment, "field.activation", "silu"), run=1, revision=2))
    assert driver.heard(Weights)[-1].revision == driver.heard(Checkpoint)[-1].revision == 2
    assert driver.heard(Weights)[-1].step == 3


def test_another_field_starts_again_and_training_goes_on(driver, experiment):
    driver.tell(Train(run=1))
    driver.ticks(7)
    driver.tell(Configure(edited(experiment, "field.width", 20), run=1, revision=2))
    configured = driver.heard(Configured)[-1]
    assert not configured.kept and configured.step == 0 and configured.parameters == 102
    assert driver.session.busy
    driver.ticks(20)
    assert [p.first for p in driver.heard(Progress) if p.revision == 2][0] == 0


def test_weights_that_are_left_in_the_middle_of_training_are_told_as_they_stood_at_last(driver, experiment):
    driver.tell(Train(run=1))
    driver.ticks(7)
    driver.tell(Configure(edited(experiment, "field.width", 20), run=1, revision=2))
    (left,) = driver.heard(WeightsLeft)
    assert (left.revision, left.checkpoint.revision, left.checkpoint.step) == (1, 1, 7)
    assert driver.heard(Checkpoint)[-1].step == 0
    driver.tell(Pause(run=1))
    driver.tell(Configure(experiment, run=1, revision=3))
    assert len(driver.heard(WeightsLeft)) == 1, "of what is paused all was told before"


def test_other_data_are_evaluated_at_once(driver, experiment):
    driver.tell(Train(run=1))
    driver.ticks(2)
    driver.tell(Configure(edited(experiment, "dataset.noise", 0.1), run=1, revision=2))
    assert driver.heard(Configured)[-1].kept
    driver.ticks(20)
    tests = np.concatenate([unpack(event.test) for event in driver.heard(Progress) if event.revision == 2])
    assert np.isfinite(tests[0])


def test_an_old_revision_or_run_is_dropped(driver, experiment):
    assert driver.tell(Configure(edited(experiment, "field.width", 20), run=1, revision=1)) == []
    assert driver.tell(Configure(edited(experiment, "field.width", 20), run=0, revision=9)) == []
    driver.tell(Reset(run=5, revision=1))
    assert driver.tell(Train(run=1)) == [] and not driver.session.busy
    assert driver.tell(Configure(experiment, run=4, revision=99)) == []


def test_a_newer_run_begins_afresh_and_paused(driver, experiment):
    driver.tell(Train(run=1))
    driver.ticks(5)
    driver.tell(Configure(experiment, run=2, revision=2))
    assert not driver.session.busy
    assert driver.heard(Configured)[-1].step == 0 and driver.heard(Configured)[-1].run == 2
    assert driver.heard(ActivityChanged)[-1].activity == "paused"


def test_stepping_takes_exactly_so_many_steps_and_pauses(driver):
    driver.tell(Step(3, run=1))
    driver.tell(Step(2, run=1))
    driver.run_down()
    changes = driver.heard(ActivityChanged)
    assert [change.activity for change in changes] == ["training", "paused"]
    assert changes[-1].step == 5 and len(driver.losses()) == 5
    assert driver.heard(Checkpoint)[-1].step == 5


def test_stepping_while_training_pauses_after_the_steps(driver):
    driver.tell(Train(run=1))
    driver.ticks(4)
    driver.tell(Step(2, run=1))
    driver.run_down()
    assert driver.heard(ActivityChanged)[-1].step == 6


def test_training_twice_or_pausing_twice_says_nothing_more(driver):
    assert len(driver.tell(Train(run=1))) == 1
    assert driver.tell(Train(run=1)) == []
    driver.ticks(2)
    driver.tell(Pause(run=1))
    assert driver.tell(Pause(run=1)) == []


def test_reset_then_the_same_steps_gives_the_same_losses_bit_for_bit(driver):
    driver.tell(Step(25, run=1))
    driver.run_down()
    first = driver.losses()
    driver.said.clear()
    driver.tell(Reset(run=2, revision=1))
    configured, paused, weights, checkpoint = driver.said
    assert configured.step == paused.step == weights.step == checkpoint.step == 0
    assert configured.run == 2 and paused.activity == "paused"
    driver.tell(Step(25, run=2))
    driver.run_down()
    assert driver.losses() == first


def test_a_restored_checkpoint_continues_bit_for_bit_in_another_session(driver, experiment):
    driver.tell(Step(10, run=1))
    driver.run_down()
    checkpoint = driver.heard(Checkpoint)[-1]
    driver.said.clear()
    driver.tell(Step(15, run=1))
    driver.run_down()
    other = Driver()
    other.tell(Configure(experiment, run=3, revision=1))
    other.tell(Restore(checkpoint, run=3, revision=1))
    assert other.heard(Configured)[-1].step == 10
    other.tell(Step(15, run=3))
    other.run_down()
    assert other.losses() == driver.losses()
    assert other.heard(Progress)[0].first == 10
    assert other.heard(Weights)[-1].theta == driver.heard(Weights)[-1].theta


@pytest.mark.slow
def test_weights_come_at_most_thirty_times_a_second_and_checkpoints_at_least_every_second(driver):
    driver.tell(Train(run=1))
    driver.said.clear()
    begun = driver.clock.now
    driver.ticks(200, seconds=0.01)
    seconds = driver.clock.now - begun
    assert 15 * seconds < len(driver.heard(Weights)) <= 30 * seconds + 1
    assert seconds <= len(driver.heard(Checkpoint)) <= 2 * seconds + 1
    assert len(driver.heard(Progress)) <= 30 * seconds + 1


def test_slow_steps_are_told_one_by_one(driver):
    driver.tell(Train(run=1))
    driver.ticks(5, seconds=2.0)
    assert len(driver.heard(Progress)) == 5 and driver.heard(Checkpoint)[-1].step == 5


def test_every_run_is_evaluated_after_its_first_step_also_where_that_takes_long(driver, monkeypatch):
    def evaluate(_):
        driver.clock.now += 60.0
        return 0.5

    monkeypatch.setattr("nodeviz.engine.trainer.Trainer.evaluate", evaluate)
    driver.tell(Step(3, run=1))
    driver.run_down()
    driver.tell(Reset(run=2))
    driver.tell(Step(3, run=2))
    driver.run_down()
    tests = np.concatenate([unpack(progress.test) for progress in driver.heard(Progress)])
    np.testing.assert_array_equal(tests, [0.5, np.nan, np.nan] * 2)


def test_solves_that_fail_in_a_row_pause_training_with_a_reason(driver, experiment):
    driver.tell(Train(run=1))
    driver.ticks(3)
    weights = driver.heard(Weights)[-1]
    driver.tell(Configure(failing(experiment), run=1, revision=2))
    theta = driver.session._trainer.shown()
    driver.run_down()
    paused = driver.heard(ActivityChanged)[-1]
    assert paused.activity == "paused" and paused.step == 3 + PATIENCE and "in a row" in paused.reason
    diverged = driver.heard(Diverged)[-1]
    assert diverged.status == "max_steps" and diverged.sentence and diverged.remedy and diverged.step == paused.step
    assert np.isnan(driver.losses()[-PATIENCE:]).all() and np.isfinite(driver.losses()[:3]).all()
    assert (unpack(driver.heard(Weights)[-1].theta) == theta).all() and weights is not driver.heard(Weights)[-1]


def test_training_that_paused_by_itself_goes_on_after_an_edit(driver, experiment):
    driver.tell(Configure(failing(experiment), run=1, revision=2))
    driver.tell(Train(run=1))
    driver.run_down()
    driver.tell(Configure(experiment, run=1, revision=3))
    assert driver.session.busy and driver.heard(ActivityChanged)[-1].reason
    driver.ticks(10)
    driver.tell(Pause(run=1))
    assert np.isfinite(driver.losses()[-10:]).all()


def test_training_that_paused_by_itself_stays_paused_when_the_user_pauses_it(driver, experiment):
    driver.tell(Configure(failing(experiment), run=1, revision=2))
    driver.tell(Train(run=1))
    driver.run_down()
    driver.tell(Pause(run=1))
    driver.tell(Configure(experiment, run=1, revision=3))
    assert not driver.session.busy


def test_a_failed_edit_loses_no_step_and_leaves_the_experiment_in_force(driver, experiment, monkeypatch):
    def refuse(*_):
        raise ValueError("This cannot be built.")

    driver.tell(Train(run=1))
    driver.ticks(3, seconds=0.0)
    command = Configure(edited(experiment, "dataset.noise", 0.1), run=1, revision=2)
    with monkeypatch.context() as patched, pytest.raises(ValueError, match="cannot be built") as raised:
        patched.setattr("nodeviz.tasks.fit_trajectories.FitTrajectories.begin", refuse)
        driver.tell(command)
    (failed,) = driver.session.failed(raised.value, command)
    assert (failed.run, failed.revision) == (1, 2) and failed.message and failed.remedy
    assert driver.session.busy
    driver.ticks(3)
    driver.tell(Pause(run=1))
    assert len(driver.losses()) == 6
    driver.tell(Configure(edited(experiment, "solver.rtol", 1e-4), run=1, revision=3))
    assert driver.heard(Configured)[-1].revision == 3


def test_an_exception_in_a_step_pauses_with_a_failed_event(driver):
    driver.tell(Train(run=1))
    driver.ticks(2, seconds=0.0)
    events = driver.session.failed(RuntimeError("out of memory"), None)
    assert events[0].remedy and not driver.session.busy
    assert events[-1].activity == "paused" and [e for e in events if isinstance(e, Progress)]


def test_training_without_an_experiment_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match="There is no experiment"):
        TrainerSession().handle(Train(run=0))


def test_commands_for_the_inspector_are_ignored(driver):
    assert driver.tell(SetWeights(1, pack(np.zeros(252, np.float32)), run=1)) == []


def long_to_evaluate(experiment):
    tiny = edited(edited(experiment, "solver.method", "euler"), "solver.dt", 1e-4)
    return edited(tiny, "solver.max_steps", 1_000_000)


def test_an_evaluation_is_put_off_when_a_command_comes(driver, experiment):
    driver.tell(Configure(long_to_evaluate(experiment), run=1, revision=2))
    driver.session.called = lambda: True
    driver.tell(Step(2, run=1))
    driver.run_down()
    tests = np.concatenate([unpack(progress.test) for progress in driver.heard(Progress)])
    assert len(tests) == 2 and np.isnan(tests).all()
    assert not driver.heard(Failed)
