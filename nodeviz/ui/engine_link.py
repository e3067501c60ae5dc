"""EngineLink: the one gate between Qt and the engine. Commands go out, typed signals come in, once a frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from PySide6.QtCore import QObject, Signal

from nodeviz.engine.carry import keeps_weights
from nodeviz.engine.messages import (
    Activity,
    ActivityChanged,
    Checkpoint,
    Configure,
    Configured,
    Diverged,
    Failed,
    Heard,
    Message,
    Pause,
    Portrait,
    Progress,
    Ready,
    Reset,
    Restore,
    Role,
    Step,
    StudyExtended,
    SweepExtended,
    Train,
    TrajectoriesSolved,
    Weights,
    WeightsLeft,
    WorkerLost,
)
from nodeviz.experiment import Experiment
from nodeviz.ui.inspection import Inspection
from nodeviz.ui.worker_link import Client, WorkerLink


class Left(NamedTuple):
    """Weights that were left for others: of revisions from `since` to before `until`, and what is known of them."""

    run: int
    since: int
    until: int
    checkpoint: Checkpoint | None

    @property
    def trained(self) -> bool:
        """Whether there is anything to come back to."""
        return self.checkpoint is not None and self.checkpoint.step > 0

    def told_by(self, event: Message) -> bool:
        """Whether the trainer says it of these weights."""
        return event.run == self.run and self.since <= event.revision < self.until


class EngineLink(QObject):
    """The engine as the window knows it. Every signal carries the message it is named after."""

    configured = Signal(object)
    activityChanged = Signal(object)
    progressed = Signal(object)
    diverged = Signal(object)
    portrayed = Signal(object)
    solved = Signal(object)
    swept = Signal(object)
    studied = Signal(object)
    weighed = Signal(object)
    """Newer weights, of the experiment as it stands now."""
    failed = Signal(object)
    lost = Signal(object)
    runBegun = Signal(int)
    """Training stands elsewhere or learns something else: the plots begin anew. Carries the step it stands at."""
    leftBehind = Signal(object)
    """The last checkpoint of weights that were left for others."""
    startedOver = Signal()
    """The trainer was restarted and begins at step 0, for no checkpoint is known of the experiment as it stands."""
    stateChanged = Signal()
    """A worker's state, or whether training runs or is wanted, is another."""

    def __init__(self, client: Client, experiment: Experiment, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._experiment = experiment
        self.run = 0
        self._revision = 0
        self._weights_since = 0
        """The revision that other weights came with: what the trainer says of an older one is not of these."""
        self._losses_since = 0
        """The revision that the plots began anew with: losses of an older one do not belong in them."""
        self.activity: Activity = "paused"
        self.wanted = False
        """Whether training was asked for; true from the key press on, also while the trainer still starts."""
        self.step = 0
        self.checkpoint: Checkpoint | None = None
        """The newest of the experiment as it stands; None while the trainer has not told one."""
        self.left: Left | None = None
        """The experiment that was left last for one with other weights."""
        self._resuming: Checkpoint | None = None
        """What a restarted trainer was given; until it stands there its history goes on as if nothing had happened."""
        self.trainer = WorkerLink("trainer", client, self)
        self.inspector = WorkerLink("inspector", client, self)
        self.inspection = Inspection(self.inspector, self)
        for worker in (self.trainer, self.inspector):
            worker.stateChanged.connect(self.stateChanged)
        self._handlers: dict[type, Callable[[Any], None]] = {
            Ready: self._on_ready,
            Configured: self._on_configured,
            ActivityChanged: self._on_activity,
            Progress: self._on_progress,
            Weights: self._on_weights,
            Checkpoint: self._on_checkpoint,
            WeightsLeft: self._on_weights_left,
            Diverged: self._on_diverged,
            Portrait: self._on_portrait,
            TrajectoriesSolved: self._on_trajectories,
            SweepExtended: self._on_sweep,
            StudyExtended: self._on_study,
            Failed: self._on_failed,
            WorkerLost: self._on_lost,
        }

    @property
    def starting(self) -> bool:
        """Whether training was asked for and has not begun, though it will."""
        return self.wanted and self.activity != "training" and self.trainer.state != "lost"

    # ---- what the window asks of the engine -------------------------------------------------------------------------

    def start(self) -> None:
        """Spawn the workers and send them the experiment."""
        for worker in (self.trainer, self.inspector):
            worker.begin()
        self._client.start()
        for worker in (self.trainer, self.inspector):
            self._send_experiment(worker)
        self._resume()

    def stop(self) -> None:
        """End the workers."""
        self._client.stop()
        for worker in (self.trainer, self.inspector):
            worker.end()

    def restart(self, role: Role) -> None:
        """Spawn a lost worker again; training goes on from the newest checkpoint of the experiment, if there is one."""
        worker = self.trainer if role == "trainer" else self.inspector
        worker.begin()
        self._client.restart(role)
        self._send_experiment(worker)
        if role == "trainer":
            self._resume()
            if self.checkpoint is None:
                self.startedOver.emit()
        else:
            self.inspection.begin_again()

    def edit(self, experiment: Experiment) -> None:
        """Take an edited experiment. One that differs in its view alone concerns no worker."""
        before, self._experiment = self._experiment, experiment
        if _computed(before) == _computed(experiment):
            return
        self._revision += 1
        for worker in (self.trainer, self.inspector):
            worker.configure(self._configure_command())
        self.inspection.forget_pictures(swept=swept_by(before) != swept_by(experiment))
        kept = keeps_weights(before, experiment)
        if not kept:
            self._leave()
        if not kept or _learns(before) != _learns(experiment):
            self._losses_since = self._revision
            self.runBegun.emit(self.step)

    def train(self) -> None:
        self.wanted = True
        self.trainer.send(Train(run=self.run))
        self.stateChanged.emit()

    def pause(self) -> None:
        self.wanted = False
        self.trainer.send(Pause(run=self.run))
        self.stateChanged.emit()

    def toggle(self) -> None:
        """Train when paused, pause when training or about to; with a lost trainer, restart it and train."""
        if self.trainer.state == "lost":
            self.wanted = True
            self.restart("trainer")
        else:
            (self.pause if self.wanted else self.train)()

    def take_step(self, count: int = 1) -> None:
        """One training step, then pause."""
        self.wanted = False
        self.trainer.send(Step(count, run=self.run))
        self.stateChanged.emit()

    def reset(self) -> None:
        """Another run from step 0, with the initial weights of the seed, paused."""
        self._begin_run(None)
        self.trainer.send_after_edits(Reset(run=self.run, revision=self._revision))

    def restore(self, checkpoint: Checkpoint) -> None:
        """Another run that goes on from `checkpoint`, e.g. from a file, paused."""
        self._begin_run(checkpoint)
        self.trainer.send_after_edits(Restore(checkpoint, run=self.run, revision=self._revision))

    def tick(self) -> None:
        """Hear what the workers said since the last frame, then say what waits to be said."""
        for event in self._client.drain():
            self._hear(event)
        self.trainer.send_edit()
        self.inspection.speak(training=self.activity == "training")

    # ---- what the engine says ---------------------------------------------------------------------------------------

    def _hear(self, event: Heard) -> None:
        if isinstance(event, Message) and event.run != self.run and not isinstance(event, (Ready, Failed)):
            self.inspection.release(event)
            if isinstance(event, WeightsLeft):
                self._on_weights_left(event)
            return
        self._handlers[type(event)](event)

    def _on_ready(self, ready: Ready) -> None:
        (self.trainer if ready.role == "trainer" else self.inspector).greet(ready)

    def _on_configured(self, configured: Configured) -> None:
        if configured.role == "trainer":
            self.trainer.taken(configured)
            self._stand(configured)
        else:
            self.inspector.taken(configured)
        self.configured.emit(configured)

    def _stand(self, configured: Configured) -> None:
        """Training stands at a step, with the weights it had or with others."""
        if not self._is_of_these_weights(configured):
            return
        self.step = configured.step
        if configured.kept:
            return
        if self._resuming is None:
            self.runBegun.emit(configured.step)
        elif self._resuming.step == configured.step:
            self._resuming = None

    def _on_activity(self, changed: ActivityChanged) -> None:
        self.activity = changed.activity
        if self._is_of_these_weights(changed):
            self.step = changed.step
        if changed.activity == "paused" and changed.reason:
            self.wanted = False
        elif changed.activity == "training" and changed.reason:
            self.wanted = True
        self.activityChanged.emit(changed)
        self.stateChanged.emit()

    def _on_progress(self, progress: Progress) -> None:
        if progress.revision >= self._losses_since:
            self.step = progress.first + progress.loss.shape[0]
            self.progressed.emit(progress)

    def _on_weights(self, weights: Weights) -> None:
        self.inspection.take_weights(weights)
        if weights.revision >= self._revision:
            self.weighed.emit(weights)

    def _on_checkpoint(self, checkpoint: Checkpoint) -> None:
        if self._is_of_these_weights(checkpoint):
            self.checkpoint = checkpoint

    def _on_weights_left(self, left: WeightsLeft) -> None:
        self.leftBehind.emit(left.checkpoint)

    def _on_diverged(self, diverged: Diverged) -> None:
        if diverged.revision >= self._losses_since:
            self.diverged.emit(diverged)

    def _on_portrait(self, portrait: Portrait) -> None:
        if self.inspection.portrait_answered(portrait):
            self.portrayed.emit(portrait)

    def _on_trajectories(self, solved: TrajectoriesSolved) -> None:
        if self.inspection.trajectories_answered(solved):
            self.solved.emit(solved)

    def _on_sweep(self, sweep: SweepExtended) -> None:
        if self.inspection.sweep_answered(sweep):
            self.swept.emit(sweep)

    def _on_study(self, extended: StudyExtended) -> None:
        if self.inspection.study_answered(extended):
            self.studied.emit(extended)

    def _on_failed(self, failed: Failed) -> None:
        if failed.role == "inspector":
            self.inspector.failed()
            self.inspection.failed()
        else:
            self.trainer.failed()
        self.failed.emit(failed)

    def _on_lost(self, lost: WorkerLost) -> None:
        if lost.role == "trainer":
            self.trainer.lose()
            self.activity = "paused"
        else:
            self.inspector.lose()
            self.inspection.failed()
        self.lost.emit(lost)
        self.stateChanged.emit()

    def _is_of_these_weights(self, event: Message) -> bool:
        """Whether the trainer says it of the weights at hand, perhaps with settings from before the newest edit."""
        return event.revision >= self._weights_since

    def _leave(self) -> None:
        """The experiment has other weights now, and no checkpoint yet."""
        self.left = Left(self.run, self._weights_since, self._revision, self.checkpoint)
        self._weights_since = self._revision
        self.checkpoint = self._resuming = None
        self.step = 0

    def _begin_run(self, checkpoint: Checkpoint | None) -> None:
        self.run += 1
        self.wanted = False
        self.activity = "paused"
        self.checkpoint = checkpoint
        self.step = checkpoint.step if checkpoint is not None else 0
        self.inspection.begin_run(self.run)
        self.runBegun.emit(self.step)
        self.stateChanged.emit()

    def _resume(self) -> None:
        """Let a fresh trainer go on where the last one was."""
        self._resuming = self.checkpoint
        if self.checkpoint is not None:
            self.trainer.send(Restore(self.checkpoint, run=self.run, revision=self._revision))
        if self.wanted:
            self.trainer.send(Train(run=self.run))

    def _send_experiment(self, worker: WorkerLink) -> None:
        worker.configure(self._configure_command())
        worker.send_edit()

    def _configure_command(self) -> Configure:
        return Configure(self._experiment, run=self.run, revision=self._revision)


def _computed(experiment: Experiment) -> tuple[object, ...]:
    """The sections that the engine computes with."""
    return (*swept_by(experiment), experiment.training)


def _learns(experiment: Experiment) -> tuple[type, type]:
    """What the loss is a loss of."""
    return (type(experiment.task), type(experiment.dataset))


def swept_by(experiment: Experiment) -> tuple[object, ...]:
    """The sections that a sweep depends on, beside the weights."""
    return (experiment.task, experiment.dataset, experiment.field, experiment.solver)
