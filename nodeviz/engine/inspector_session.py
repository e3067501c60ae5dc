"""The inspector's session: which question is answered next, with the newest weights, and what may interrupt what.

Trajectories of the user's own starts come before portraits, both before a sweep, and that before a study, also in the
middle of a solve: long computations look up now and then (`attend`), and what is more urgent is answered right there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Literal, NamedTuple

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from nodeviz.analysis.report import Report
from nodeviz.analysis.studies import study_named
from nodeviz.analysis.study import Subject
from nodeviz.engine.background import Background, Stamp
from nodeviz.engine.carry import carried, keeps_weights
from nodeviz.engine.inspector import Inspector, Starts, Weights
from nodeviz.engine.messages import (
    AskPortrait,
    AskStudy,
    AskSweep,
    AskTrajectories,
    Command,
    Configure,
    Configured,
    Event,
    Portrait,
    Reset,
    SetWeights,
    StudyExtended,
    SweepExtended,
    TrajectoriesSolved,
)
from nodeviz.engine.packed import Curve, pack, packed_cloud, packed_surface, unpack
from nodeviz.engine.session import Session
from nodeviz.engine.sweep import Answer, Question, question_of, sweep
from nodeviz.experiment import Experiment
from nodeviz.tasks.picture import SURFACE_SHARES, Viewpoint
from nodeviz.tasks.run import Run

Work = Literal["idle", "study", "sweep", "portrait", "trajectories"]
URGENCY: tuple[Work, ...] = ("idle", "study", "sweep", "portrait", "trajectories")


class _InForce(NamedTuple):
    """An experiment that is looked at, what its own trajectories are, and its task, begun."""

    experiment: Experiment
    question: Question
    run: Run


class InspectorSession(Session):
    """Answers one question at a time, each with the experiment and the weights in force when its turn comes."""

    role = "inspector"

    def __init__(self) -> None:
        super().__init__()
        self._in_force: _InForce | None = None
        self._weights = Weights(np.zeros(0, np.float32), 0)
        self._weights_since = 0
        """The revision that made the field what it is: older weights are of another field. A session that was just
        begun, perhaps in the place of a lost one, cannot know it and takes what has the right length."""
        self._trajectories: AskTrajectories | None = None
        self._portrait: AskPortrait | None = None
        self._sweep: Background[AskSweep, Answer] = Background()
        self._study: Background[AskStudy, Report] = Background()
        self._work: Work = "idle"
        self._away = 0.0

    @property
    def busy(self) -> bool:
        waiting = (self._trajectories, self._portrait, self._sweep.ask, self._study.ask)
        return any(question is not None for question in waiting)

    def obey(self, command: Command) -> list[Event]:
        match command:
            case Configure():
                return self._configure(command)
            case Reset():
                self._weights = self._initial_weights(self._looked_at().experiment)
                self.run = command.run
                self._begin_anew()
                return [self._configured(False)]
            case SetWeights():
                self._set_weights(command)
            case AskTrajectories():
                self._trajectories = command
            case AskPortrait():
                self._portrait = command
            case AskSweep():
                self._sweep.take(command)
            case AskStudy():
                self._study.take(command if command.study else None)
        return []

    def tick(self) -> list[Event]:
        """Answer the most urgent question; of a sweep only the next point."""
        if self._trajectories is not None:
            return self._solve_trajectories(self._trajectories)
        if self._portrait is not None:
            return self._draw_portrait(self._portrait)
        if self._sweep.ask is not None:
            return self._extend_sweep(self._sweep.ask)
        if self._study.ask is not None:
            return self._extend_study(self._study.ask)
        return []

    def urgent(self) -> list[Event]:
        """Answer what is more urgent than the work under way."""
        began = perf_counter()
        events: list[Event] = []
        if self._trajectories is not None and self._outranks("trajectories"):
            events += self._solve_trajectories(self._trajectories)
        if self._portrait is not None and self._outranks("portrait"):
            events += self._draw_portrait(self._portrait)
        self._away += perf_counter() - began
        return events

    def _configure(self, command: Configure) -> list[Event]:
        new, before = command.experiment, self._in_force
        old = None if before is None else before.experiment
        kept = old is not None and command.run == self.run and keeps_weights(old, new)
        if before is None or _studied(before.experiment) != _studied(new):
            in_force = _InForce(new, question_of(new), _begun_here(new))
        else:
            in_force = before._replace(experiment=new)
        if old is not None and kept:
            weights = self._weights._replace(theta=carried(old, new, self._weights.theta))
        else:
            weights = self._initial_weights(new)
        if old is not None and (not kept or old.field != new.field):
            self._weights_since = command.revision
        if old is None or command.run != self.run or _swept(old) != _swept(new):
            self._begin_anew()
        self._in_force, self._weights = in_force, weights
        self.run, self.revision = command.run, command.revision
        return [self._configured(kept)]

    def _begin_anew(self) -> None:
        self._sweep.begin_anew()
        self._study.begin_anew()

    def _set_weights(self, command: SetWeights) -> None:
        theta = unpack(command.theta)
        stale = command.run == self.run and command.revision < self._weights_since
        if not stale and theta.shape == self._weights.theta.shape:
            self._weights = Weights(theta, command.step)

    def _solve_trajectories(self, ask: AskTrajectories) -> list[Event]:
        self._trajectories = None
        inspector, run, revision = self._inspector(self.attend), self.run, self.revision
        ts = self._looked_at().question.ts
        with self._working("trajectories"):
            curves = _curves(inspector, ask.starts, ts)
            layers = _layered(inspector, ask.starts, ts, ask.layers)
        return [
            TrajectoriesSolved(
                run=run,
                revision=revision,
                question=ask.question,
                step=inspector.weights.step,
                curves=curves,
                layers=layers,
            )
        ]

    def _draw_portrait(self, ask: AskPortrait) -> list[Event]:
        self._portrait = None
        # Taken at once: an edit may be obeyed in the middle of a solve, and this is about the experiment before it.
        inspector, run, revision = self._inspector(self.attend), self.run, self.revision
        _, question, task_run = self._looked_at()
        began, was_away = perf_counter(), self._away
        with self._working("portrait"):
            velocity = inspector.velocity(ask.extent, ask.t, ask.grid)
            learnt, user = _families(inspector, question, ask.starts)
            both = (_own_starts(question), ask.starts)
            layered = [_layered(inspector, starts, question.ts, ask.layers) for starts in both]
            points = round(SURFACE_SHARES[ask.care] * ask.grid)
            shown = inspector.picture(task_run, Viewpoint(ask.extent, ask.t, points, ask.layers, ask.care))
        return [
            Portrait(
                run=run,
                revision=revision,
                question=ask.question,
                step=inspector.weights.step,
                t=ask.t,
                extent=ask.extent,
                velocity=pack(velocity),
                learnt=learnt,
                user=user,
                milliseconds=1000 * (perf_counter() - began - (self._away - was_away)),
                learnt_layers=layered[0],
                user_layers=layered[1],
                surface=None if shown.surface is None else packed_surface(shown.surface),
                cloud=None if shown.cloud is None else packed_cloud(shown.cloud),
                figures=shown.figures,
            )
        ]

    def _extend_sweep(self, ask: AskSweep) -> list[Event]:
        with self._working("sweep"):
            answer = self._sweep.next(self._begin_sweep, self._stamp())
        if answer is None:
            return []
        run, revision, step = self._sweep.stamp
        return [
            SweepExtended(
                run=run,
                revision=revision,
                question=ask.question,
                step=step,
                axis=answer.axis,
                points=answer.points,
                current=answer.current,
                done=answer.done,
                sentence=answer.sentence,
            )
        ]

    def _begin_sweep(self) -> Iterator[Answer]:
        inspector = self._inspector(self._sweep.attentive(self.attend))
        return sweep(inspector, self._looked_at().question, away=lambda: self._away)

    def _extend_study(self, ask: AskStudy) -> list[Event]:
        with self._working("study"):
            report = self._study.next(lambda: self._begin_study(ask), self._stamp())
        if report is None:
            return []
        run, revision, step = self._study.stamp
        return [
            StudyExtended(run=run, revision=revision, question=ask.question, study=ask.study, step=step, report=report)
        ]

    def _begin_study(self, ask: AskStudy) -> Iterator[Report]:
        attend, experiment = self._study.attentive(self.attend), self._looked_at().experiment
        if experiment.dataset.lost:
            sentence = f"Nothing can be studied without data. {experiment.dataset.lost}"
            return iter((Report(sentence=sentence, done=True),))
        # An edit of the view alone is not told to workers: of what it shows, the question says what matters.
        looked_at = replace(experiment, view=replace(experiment.view, layers=ask.layers))
        return study_named(ask.study).run(Subject(looked_at, self._weights.theta, self._weights.step, attend))

    def _stamp(self) -> Stamp:
        return Stamp(self.run, self.revision, self._weights.step)

    @contextmanager
    def _working(self, work: Work) -> Iterator[None]:
        before, self._work = self._work, work
        try:
            yield
        finally:
            self._work = before

    def _outranks(self, work: Work) -> bool:
        return URGENCY.index(work) > URGENCY.index(self._work)

    def _inspector(self, attend: Callable[[], None]) -> Inspector:
        return Inspector(self._looked_at().experiment, self._weights, attend)

    def _looked_at(self) -> _InForce:
        if self._in_force is None:
            raise ValueError("There is no experiment to look at yet. Open one, or make a new one.")
        return self._in_force

    def _initial_weights(self, experiment: Experiment) -> Weights:
        return Weights(experiment.initial_parameters(), 0)

    def _configured(self, kept: bool) -> Configured:
        return Configured(
            run=self.run,
            revision=self.revision,
            role=self.role,
            step=self._weights.step,
            kept=kept,
            device=self.device,
            parameters=self._weights.theta.size,
        )


def _families(inspector: Inspector, question: Question, user: Starts) -> tuple[tuple[Curve, ...], tuple[Curve, ...]]:
    """The trajectories from the data's starts, and those from the user's."""
    learnt = _own_starts(question)
    if inspector.experiment.solver.steps_are_fixed:
        curves = _curves(inspector, learnt + user, question.ts)
        return curves[: len(learnt)], curves[len(learnt) :]
    return _curves(inspector, learnt, question.ts), _curves(inspector, user, question.ts)


def _own_starts(question: Question) -> Starts:
    return tuple((float(x), float(y)) for x, y in question.starts)


def _curves(inspector: Inspector, starts: Starts, ts: NDArray[np.float64]) -> tuple[Curve, ...]:
    return tuple(curve for piece in inspector.curves(starts, ts) for curve in piece)


def _layered(inspector: Inspector, starts: Starts, ts: NDArray[np.float64], layers: int) -> tuple[Curve, ...]:
    """The trajectories as so many layers of a ResNet have them; none where no layers are looked at."""
    return inspector.layered(starts, layers, float(ts[-1])) if layers else ()


def _begun_here(experiment: Experiment) -> Run:
    """The task, for looking at on the CPU, wherever training runs."""
    here = replace(experiment, training=replace(experiment.training, device="cpu"))
    return here.task.begin(here)


def _studied(experiment: Experiment) -> tuple[object, ...]:
    """What the task's run and its own trajectories depend on."""
    return (experiment.task, experiment.dataset, experiment.field, experiment.training.seed)


def _swept(experiment: Experiment) -> tuple[object, ...]:
    """What a sweep depends on, besides the weights."""
    return (experiment.task, experiment.dataset, experiment.field, experiment.solver, experiment.training.seed)
