"""Inspection: the conversation with the inspector. What to ask next, with which weights, and which answers still count.

One question of a kind is in flight and the newest waits, so that the inspector is never flooded and never idle while
there is something to draw. An edit waits for the picture asked before it: so a slider that is dragged shows every
picture it asks for, instead of making each one old before it arrives.
"""

from __future__ import annotations

from math import inf
from time import monotonic
from typing import NamedTuple

from PySide6.QtCore import QObject

from nodeviz.analysis.study import Study
from nodeviz.engine.messages import (
    AskPortrait,
    AskStudy,
    AskSweep,
    AskTrajectories,
    Message,
    Portrait,
    Reset,
    SetWeights,
    StudyExtended,
    SweepExtended,
    TrajectoriesSolved,
    Weights,
)
from nodeviz.tasks.picture import Care
from nodeviz.ui.background_question import BackgroundQuestion, WeightsStamp
from nodeviz.ui.in_flight import OneInFlight
from nodeviz.ui.worker_link import WorkerLink

EDIT_PATIENCE = 0.25
"""Seconds that an edit waits at most for the picture asked before it."""
LIVE_PORTRAIT_GAP = 1 / 30
AT_REST = 0.2
"""Seconds without a change after which what is shown is asked for once more, finer."""

Starts = tuple[tuple[float, float], ...]


class Scene(NamedTuple):
    """What the phase plane looks at: x0, x1, y0, y1; the time of the field; the user's starts; as how many layers."""

    extent: tuple[float, float, float, float]
    t: float = 0.0
    starts: Starts = ()
    layers: int = 0


class Inspection(QObject):
    """Asks the inspector for portraits, trajectories, sweeps and studies; owned and moved by EngineLink."""

    def __init__(self, inspector: WorkerLink, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._inspector = inspector
        self._run = 0
        self._question = 0
        self._weights: Weights | None = None
        self._told: tuple[int, int, int] | None = None
        self._scene: Scene | None = None
        self._portrait: OneInFlight[AskPortrait] = OneInFlight()
        self._portrait_due = True
        self.asked_starts: Starts = ()
        """The starts that the newest portrait was asked with."""
        self._portrait_asked_at = 0.0
        self._portrait_not_before = 0.0
        self._care: Care = "usual"
        """With how much the newest portrait was asked for."""
        self._finer_at = inf
        """When a finer one is due, unless something changes."""
        self._trajectories: OneInFlight[AskTrajectories] = OneInFlight()
        self.sweep = BackgroundQuestion()
        self._studies: dict[str, BackgroundQuestion] = {}
        self._study = ""
        """The study that is looked at."""
        self._study_told = False
        """Whether the inspector was asked for a study, and not yet to leave it."""

    # ---- what changed -----------------------------------------------------------------------------------------------

    def look(self, scene: Scene) -> None:
        """The phase plane looks at something else."""
        if scene == self._scene:
            return
        if self._scene is not None and scene.layers != self._scene.layers:
            for question in self._studies.values():
                question.age()
        self._scene = scene
        self._portrait_due = True

    def ask_trajectories(self, starts: Starts, layers: int = 0) -> None:
        """Solve from these starts before anything else, and at once; the newest asked replaces one that waits."""
        self._question += 1
        self._trajectories.offer(AskTrajectories(self._question, starts, layers, run=self._run))
        if self._inspector.state == "ready":
            self._send_trajectories()

    def look_at_study(self, study: Study | None) -> None:
        """This study is looked at from now on, or none: the others rest."""
        if self._study in self._studies:
            self._studies[self._study].leave()
        self._study = "" if study is None else study.name
        if study is not None and study.name not in self._studies:
            self._studies[study.name] = BackgroundQuestion(follows_weights=study.follows_weights)
        if study is None and self._study_told:
            self._study_told = False
            self._inspector.send(AskStudy(0, "", run=self._run))

    def take_weights(self, weights: Weights) -> None:
        """The trainer has newer weights."""
        self._weights = weights
        self._portrait_due = True

    def forget_pictures(self, *, swept: bool) -> None:
        """The experiment is another, so what was asked of the last one is old. `swept`: so are sweep and studies."""
        self._portrait_due = True
        if swept:
            for question in self._background():
                question.age()

    def begin_run(self, run: int) -> None:
        """Another run: the weights kept are those of the last."""
        self._run = run
        self._weights = self._told = None
        self._inspector.send_after_edits(Reset(run=run, revision=self._inspector.revision))
        self._forget_questions()

    def begin_again(self) -> None:
        """The inspector was restarted and knows no weights."""
        self._told = None
        self._forget_questions()

    def failed(self) -> None:
        """The inspector failed or was lost: what was in flight has no answer, and waits until something changes."""
        self._portrait.forget()
        self._trajectories.forget()
        for question in self._background():
            question.abandon()

    # ---- what was answered ------------------------------------------------------------------------------------------

    def portrait_answered(self, portrait: Portrait) -> bool:
        """Whether to draw it: it answers the newest question about the experiment as last sent."""
        self._release_portrait(portrait)
        finer = portrait.surface is not None and self._care != "fine"
        self._finer_at = monotonic() + AT_REST if finer else inf
        return self._is_current(portrait)

    def trajectories_answered(self, solved: TrajectoriesSolved) -> bool:
        self._trajectories.answered()
        return self._is_current(solved)

    def sweep_answered(self, sweep: SweepExtended) -> bool:
        return self.sweep.answered(sweep.question, done=sweep.done) and self._is_current(sweep)

    def study_answered(self, extended: StudyExtended) -> bool:
        question = self._studies.get(extended.study)
        if question is None or not question.answered(extended.question, done=extended.report.done):
            return False
        return self._is_current(extended)

    def release(self, event: Message) -> None:
        """An answer for another run: it is not drawn, but the question is answered."""
        if isinstance(event, Portrait):
            self._release_portrait(event)
        elif isinstance(event, TrajectoriesSolved):
            self._trajectories.answered()

    # ---- what is asked next -----------------------------------------------------------------------------------------

    def speak(self, *, training: bool) -> None:
        """Send what may be sent now."""
        if self._inspector.state != "ready":
            return
        now = monotonic()
        self._send_edit(now)
        self._send_trajectories()
        self._send_portrait(now, training)
        self._send_sweep(now)
        self._send_study(now)

    def _send_edit(self, now: float) -> None:
        patient = self._portrait.busy and now - self._portrait_asked_at < EDIT_PATIENCE
        if self._inspector.edit_waits and not patient:
            self._inspector.send_edit()

    def _send_trajectories(self) -> None:
        ask = self._trajectories.next()
        if ask is not None:
            self._tell_weights()
            self._inspector.send(ask)

    def _send_portrait(self, now: float, training: bool) -> None:
        finer = not training and now >= self._finer_at
        if self._scene is None or not (self._portrait_due or finer) or self._portrait.busy:
            return
        if self._inspector.edit_waits or (training and now < self._portrait_not_before):
            return
        self._question += 1
        self._care = "quick" if training else "usual" if self._portrait_due else "fine"
        extent, t, starts, layers = self._scene
        asked = AskPortrait(self._question, extent, t, starts, layers=layers, care=self._care, run=self._run)
        self._portrait.offer(asked)
        ask = self._portrait.next()
        if ask is not None:
            self._portrait_due, self._finer_at = False, inf
            self._portrait_asked_at = now
            self.asked_starts = ask.starts
            self._tell_weights()
            self._inspector.send(ask)

    def _send_sweep(self, now: float) -> None:
        if not self._inspector.edit_waits and self.sweep.due(now, self._stamp()):
            self._question += 1
            self.sweep.asked(self._question, now, self._stamp())
            self._tell_weights()
            self._inspector.send(AskSweep(self._question, run=self._run))

    def _send_study(self, now: float) -> None:
        question = self._studies.get(self._study)
        if question is None or self._inspector.edit_waits or not question.due(now, self._stamp()):
            return
        self._question += 1
        question.asked(self._question, now, self._stamp())
        self._study_told = True
        self._tell_weights()
        layers = 0 if self._scene is None else self._scene.layers
        self._inspector.send(AskStudy(self._question, self._study, layers, run=self._run))

    def _stamp(self) -> WeightsStamp:
        return None if self._weights is None else (self._weights.run, self._weights.step)

    def _background(self) -> tuple[BackgroundQuestion, ...]:
        return (self.sweep, *self._studies.values())

    def _tell_weights(self) -> None:
        weights = self._weights
        if weights is not None and self._told != (weights.run, weights.revision, weights.step):
            self._told = (weights.run, weights.revision, weights.step)
            self._inspector.send(SetWeights(weights.step, weights.theta, run=weights.run, revision=weights.revision))

    def _release_portrait(self, portrait: Portrait) -> None:
        self._portrait.answered()
        took = monotonic() - self._portrait_asked_at
        # Rest as long as it took, so that pictures take at most half of the inspector's core while training needs it.
        self._portrait_not_before = monotonic() + min(max(LIVE_PORTRAIT_GAP, took), EDIT_PATIENCE)

    def _is_current(self, answer: Message) -> bool:
        return answer.run == self._run and answer.revision >= self._inspector.revision

    def _forget_questions(self) -> None:
        self._portrait.forget()
        self._trajectories.forget()
        self._portrait_due = True
        for question in self._background():
            question.begin_anew()
