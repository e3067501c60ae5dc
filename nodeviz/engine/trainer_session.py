"""The trainer's session: when to step, when to pause, and when to tell the window."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from math import inf
from time import perf_counter

from nodeviz.engine.carry import keeps_weights
from nodeviz.engine.evaluations import Evaluations
from nodeviz.engine.ledger import Ledger
from nodeviz.engine.messages import (
    Activity,
    ActivityChanged,
    Checkpoint,
    Command,
    Configure,
    Configured,
    Diverged,
    Event,
    Pause,
    Reset,
    Restore,
    Step,
    Train,
    Weights,
    WeightsLeft,
)
from nodeviz.engine.packed import pack, unpack
from nodeviz.engine.patience import PATIENCE, Patience
from nodeviz.engine.session import Session
from nodeviz.engine.trainer import Trainer, TrainerState, Trouble
from nodeviz.experiment import Experiment
from nodeviz.tasks.attentive import attending

TELL_EVERY = 1 / 30
"""Seconds from one Progress to the next: a frame or two."""
CHECKPOINT_EVERY = 0.5
"""Seconds from one Checkpoint to the next: half of the second that may be lost, for a step may be slow."""
WIRE_SPEED = 20e6
"""Bytes of weights a second at most: a field of millions of parameters is shown less often."""


class _CalledAwayError(Exception):
    """A command waits while the weights are evaluated."""


class TrainerSession(Session):
    """Trains one experiment: live edits, lossless progress, checkpoints."""

    role = "trainer"

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        super().__init__()
        self._clock = clock
        self._trainer: Trainer | None = None
        self._ledger = Ledger(0)
        self._evaluations = Evaluations()
        self._to_take: float = 0
        """Steps to take before pausing: 0 is paused, infinity is until told."""
        self._patience = Patience()
        self._halted = False
        """Whether training paused by itself, because solves failed: an edit then lets it go on."""
        self._tell_at = self._weights_at = self._checkpoint_at = 0.0

    @property
    def busy(self) -> bool:
        return self._to_take > 0

    def obey(self, command: Command) -> list[Event]:
        match command:
            case Configure():
                return self._configure(command)
            case Train():
                return self._begin(inf)
            case Step():
                waiting = self._to_take if self._to_take < inf else 0
                return self._begin(waiting + max(1, command.count))
            case Pause():
                return self._pause()
            case Reset():
                self._ready_trainer().reset()
                return self._stand_elsewhere(command)
            case Restore():
                self._ready_trainer().restore(_state_in(command.checkpoint))
                return self._stand_elsewhere(command)
            case _:
                return []

    def tick(self) -> list[Event]:
        """Take one step; tell what is due."""
        trainer = self._ready_trainer()
        result = trainer.step()
        self._ledger.enter(result)
        self._to_take -= 1
        self._evaluate(trainer)
        self._patience.note(bool(result.trouble))
        if result.trouble and self._patience.lost:
            return self._halt(result.trouble)
        if not self._to_take:
            return self._paused()
        return self._told(self._clock())

    def failed(self, error: Exception, cause: Command | None) -> list[Event]:
        events = super().failed(error, cause)
        if cause is None and self.busy:
            events += self._paused()  # what went wrong is told already
        return events

    def _configure(self, command: Configure) -> list[Event]:
        before, new = self._trainer, command.experiment
        kept = moved = False
        if before is None or command.run > self.run:
            self._trainer = Trainer(new)
            events = self._progress() + self._leave_off()
        else:
            moved = before.experiment.field != new.field
            parting = [self._weights_left()] if self.busy and not keeps_weights(before.experiment, new) else []
            renewed = _judged(before.experiment) != _judged(new)
            kept = before.adopt(new)
            events = [*self._progress(), *parting]
            if renewed:
                self._evaluations = Evaluations()
        self.run, self.revision = command.run, command.revision
        events.append(self._configured(kept))
        if not kept:
            self._begin_record()
        if moved or not kept:
            events += self._standing()
        if self._halted:
            events += self._begin(inf, "The settings changed; training goes on.")
        return events

    def _stand_elsewhere(self, command: Reset | Restore) -> list[Event]:
        """The trainer stands at another step: begin run `command.run` there, paused."""
        told = self._progress()
        self._leave_off()
        self.run = command.run
        self._begin_record()
        return [*told, self._configured(False), self._activity("paused"), *self._standing()]

    def _begin_record(self) -> None:
        """Of a run that begins where the trainer stands."""
        self._ledger, self._evaluations = Ledger(self._ready_trainer().steps), Evaluations()

    def _leave_off(self) -> list[Event]:
        """Stop stepping without telling where training stands."""
        was_busy, self._to_take, self._halted = self.busy, 0, False
        self._patience.renew()
        return [self._activity("paused")] if was_busy else []

    def _begin(self, steps: float, reason: str = "") -> list[Event]:
        self._ready_trainer()
        was_busy, self._to_take = self.busy, steps
        self._halted = False
        self._patience.renew()
        return [] if was_busy else [self._activity("training", reason)]

    def _pause(self) -> list[Event]:
        self._halted = False
        return self._paused() if self.busy else []

    def _halt(self, trouble: Trouble) -> list[Event]:
        events = self._paused(f"{PATIENCE} solves in a row failed. {trouble.sentence} {trouble.remedy}")
        self._halted = True
        return events

    def _paused(self, reason: str = "") -> list[Event]:
        self._to_take = 0
        self._patience.renew()
        return [*self._progress(), *self._standing(), self._activity("paused", reason)]

    def _told(self, now: float) -> list[Event]:
        """What is due at `now`."""
        if now < self._tell_at:
            return []
        events = self._progress()
        self._tell_at = now + TELL_EVERY
        if now >= self._checkpoint_at:
            events += self._standing()
        elif now >= self._weights_at:
            events.append(self._weights())
        return events

    def _progress(self) -> list[Event]:
        """The steps not yet told, and the last trouble among them."""
        if not len(self._ledger):
            return []
        last = self._ledger.last_trouble
        events: list[Event] = [self._ledger.written(self.run, self.revision)]
        self._ledger = Ledger(self._ledger.next)
        if last is not None:
            events.append(
                Diverged(
                    run=self.run,
                    revision=self.revision,
                    step=last.step,
                    status=last.trouble.status,
                    sentence=last.trouble.sentence,
                    remedy=last.trouble.remedy,
                )
            )
        return events

    def _standing(self) -> list[Event]:
        """Where training stands: what is drawn, and all it takes to go on from there."""
        self._checkpoint_at = self._clock() + CHECKPOINT_EVERY
        return [self._weights(), self._checkpoint()]

    def _weights_left(self) -> WeightsLeft:
        return WeightsLeft(run=self.run, revision=self.revision, checkpoint=self._checkpoint())

    def _checkpoint(self) -> Checkpoint:
        state = self._ready_trainer().state()
        return Checkpoint(
            run=self.run,
            revision=self.revision,
            step=state.step,
            theta=pack(state.theta),
            optimiser={name: pack(part) for name, part in state.optimiser.items()},
            random=pack(state.random),
        )

    def _weights(self) -> Weights:
        trainer = self._ready_trainer()
        theta = trainer.shown()
        self._weights_at = self._clock() + max(TELL_EVERY, theta.nbytes / WIRE_SPEED)
        return Weights(run=self.run, revision=self.revision, step=trainer.steps, theta=pack(theta))

    def _evaluate(self, trainer: Trainer) -> None:
        """Note the figure of merit when it is due. A command that comes meanwhile matters more: it is then put off."""
        began, step = self._clock(), trainer.steps
        if self._evaluations.due(step, began):
            with suppress(_CalledAwayError), attending(self._look_up):
                self._ledger.note_test(trainer.evaluate())
            self._evaluations.note(step, began, self._clock())

    def _look_up(self) -> None:
        if self.called():
            raise _CalledAwayError

    def _configured(self, kept: bool) -> Configured:
        trainer = self._ready_trainer()
        return Configured(
            run=self.run,
            revision=self.revision,
            role=self.role,
            step=trainer.steps,
            kept=kept,
            device=str(trainer.device),
            parameters=trainer.parameters,
        )

    def _activity(self, activity: Activity, reason: str = "") -> ActivityChanged:
        step = self._trainer.steps if self._trainer is not None else 0
        return ActivityChanged(run=self.run, revision=self.revision, activity=activity, step=step, reason=reason)

    def _ready_trainer(self) -> Trainer:
        if self._trainer is None:
            raise ValueError("There is no experiment to train yet. Open one, or make a new one.")
        return self._trainer


def _judged(experiment: Experiment) -> tuple[object, ...]:
    """What the figure of merit is of, besides the weights."""
    return (experiment.task, experiment.dataset)


def _state_in(checkpoint: Checkpoint) -> TrainerState:
    optimiser = {name: unpack(part) for name, part in checkpoint.optimiser.items()}
    return TrainerState(checkpoint.step, unpack(checkpoint.theta), optimiser, unpack(checkpoint.random))
