"""The gate to the engine: what is sent when, which answers count, and how a lost worker is brought back."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from nodeviz.datasets import Circles, Moons
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
    Train,
    TrajectoriesSolved,
    Weights,
    WorkerLost,
)
from nodeviz.engine.packed import PackedSurface, pack
from nodeviz.experiment import Experiment
from nodeviz.settings import edited
from nodeviz.tasks import MatchDensity
from nodeviz.ui import inspection
from nodeviz.ui.engine_link import EngineLink
from nodeviz.ui.inspection import Scene
from tests.nodeviz.ui.pretended import PretendedClient

EXTENT = (-1.0, 1.0, -1.0, 1.0)
THETA = pack(np.zeros(3, np.float32))
SURFACE = PackedSurface("density", pack(np.zeros((2, 2), np.float32)))


def configured(role: str, revision: int, *, run: int = 0, step: int = 0, kept: bool = True) -> Configured:
    return Configured(role=role, step=step, kept=kept, device="cpu", parameters=3, run=run, revision=revision)


def portrait(question: int, revision: int, run: int = 0) -> Portrait:
    grid = pack(np.zeros((2, 2, 2), np.float32))
    return Portrait(
        question=question,
        step=0,
        t=0.0,
        extent=EXTENT,
        velocity=grid,
        learnt=(),
        user=(),
        milliseconds=1.0,
        run=run,
        revision=revision,
    )


def progress(first: int, count: int, run: int = 0, revision: int = 0) -> Progress:
    column = pack(np.ones(count))
    return Progress(
        first=first,
        loss=column,
        test=column,
        nfe_forward=column,
        nfe_backward=column,
        rejected=column,
        seconds=column,
        run=run,
        revision=revision,
    )


def checkpoint(step: int, run: int = 0) -> Checkpoint:
    return Checkpoint(step=step, theta=THETA, optimiser={}, random=pack(np.zeros(0, np.uint8)), run=run)


class Stage:
    """A link over a pretended engine, and shorthands to play a scene."""

    def __init__(self, client: PretendedClient) -> None:
        self.client = client
        self.link = EngineLink(client, Experiment())
        self.experiment = Experiment()

    def hear(self, *events) -> None:
        self.client.events = list(events)
        self.link.tick()

    def get_ready(self) -> None:
        """Both workers are up and have the experiment; the first picture is drawn."""
        self.link.start()
        self.hear(
            Ready(role="trainer", pid=1, device="cpu", torch="2"),
            Ready(role="inspector", pid=2, device="cpu", torch="2"),
        )
        self.hear(configured("trainer", 0), configured("inspector", 0))

    def edit(self, path: str, value) -> None:
        self.experiment = edited(self.experiment, path, value)
        self.link.edit(self.experiment)

    def sent(self, role: str, kind: type) -> list:
        return self.client.sent_to(role, kind)


@pytest.fixture
def stage(qapp, client: PretendedClient) -> Stage:
    return Stage(client)


def test_the_experiment_is_sent_as_soon_as_the_workers_are_spawned(stage: Stage) -> None:
    stage.link.start()
    assert stage.client.started
    assert len(stage.sent("trainer", Configure)) == len(stage.sent("inspector", Configure)) == 1


def test_one_edit_is_in_flight_and_the_newest_waits(stage: Stage) -> None:
    stage.get_ready()
    for rtol in (1e-4, 1e-3, 1e-2):
        stage.edit("solver.rtol", rtol)
        stage.link.tick()
    sent = stage.sent("trainer", Configure)[1:]
    assert [each.experiment.solver.rtol for each in sent] == [1e-4]
    stage.hear(configured("trainer", sent[0].revision))
    assert [each.experiment.solver.rtol for each in stage.sent("trainer", Configure)[1:]] == [1e-4, 1e-2]


def test_a_change_of_the_view_alone_concerns_no_worker(stage: Stage) -> None:
    stage.get_ready()
    stage.edit("view.arrows", True)
    stage.link.tick()
    assert len(stage.sent("trainer", Configure)) == 1


def test_training_asked_for_before_the_trainer_is_ready_is_kept_and_sent(stage: Stage) -> None:
    stage.link.train()
    assert stage.link.starting and not stage.sent("trainer", Train)
    stage.link.start()
    assert len(stage.sent("trainer", Train)) == 1
    stage.hear(ActivityChanged(activity="training", step=0))
    assert not stage.link.starting and stage.link.activity == "training"


def test_toggling_twice_is_as_if_nothing_had_happened(stage: Stage) -> None:
    stage.get_ready()
    stage.link.toggle()
    stage.link.toggle()
    assert not stage.link.wanted
    assert len(stage.sent("trainer", Train)) == len(stage.sent("trainer", Pause)) == 1


def test_training_that_pauses_by_itself_is_not_wanted_any_more(stage: Stage) -> None:
    stage.get_ready()
    stage.link.train()
    stage.hear(ActivityChanged(activity="training", step=0), ActivityChanged(activity="paused", step=5, reason="Why."))
    assert not stage.link.wanted


def test_events_of_an_older_run_are_dropped(stage: Stage) -> None:
    stage.get_ready()
    heard = []
    stage.link.progressed.connect(heard.append)
    stage.link.reset()
    stage.hear(progress(0, 3, run=0))
    assert not heard
    stage.hear(progress(0, 3, run=1))
    assert len(heard) == 1 and stage.link.step == 3


def test_progress_of_an_older_revision_still_counts(stage: Stage) -> None:
    stage.get_ready()
    heard = []
    stage.link.progressed.connect(heard.append)
    stage.edit("solver.rtol", 1e-3)
    stage.hear(progress(0, 3, revision=0))
    assert len(heard) == 1


def test_a_reset_follows_the_edits_that_came_before_it(stage: Stage) -> None:
    stage.get_ready()
    stage.edit("solver.rtol", 1e-3)
    stage.link.tick()
    stage.edit("solver.rtol", 1e-2)
    stage.link.reset()
    kinds = [type(command) for role, command in stage.client.sent if role == "trainer"]
    assert kinds[-3:] == [Configure, Configure, Reset]


def test_weights_are_relayed_before_the_next_question_and_only_once(stage: Stage) -> None:
    stage.get_ready()
    stage.link.inspection.look(Scene(EXTENT))
    stage.hear(Weights(step=7, theta=THETA))
    told = [type(command) for role, command in stage.client.sent if role == "inspector"]
    assert told.index(SetWeights) < told.index(AskPortrait)
    stage.link.inspection.ask_trajectories(((0.0, 1.0),))
    stage.link.tick()
    assert len(stage.sent("inspector", SetWeights)) == 1


def test_one_portrait_is_in_flight(stage: Stage) -> None:
    stage.get_ready()
    for x in (1.0, 2.0, 3.0):
        stage.link.inspection.look(Scene((-x, x, -x, x)))
        stage.link.tick()
    asked = stage.sent("inspector", AskPortrait)
    assert [ask.extent[1] for ask in asked] == [1.0]
    stage.hear(portrait(asked[0].question, 0))
    assert [ask.extent[1] for ask in stage.sent("inspector", AskPortrait)] == [1.0, 3.0]


def test_nothing_is_asked_while_nothing_changes(stage: Stage) -> None:
    stage.get_ready()
    stage.link.inspection.look(Scene(EXTENT))
    stage.link.tick()
    stage.hear(portrait(stage.sent("inspector", AskPortrait)[0].question, 0))
    for _ in range(5):
        stage.link.tick()
    assert len(stage.sent("inspector", AskPortrait)) == 1


def test_a_surface_is_quick_while_training_and_asked_for_once_more_finer_when_all_is_at_rest(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspection, "AT_REST", 0.0)
    monkeypatch.setattr(inspection, "LIVE_PORTRAIT_GAP", 0.0)

    answered: list[AskPortrait] = []

    def cares() -> list[str]:
        """Answers until nothing more is asked; with how much care it was asked, all in all."""
        while len(asked := stage.sent("inspector", AskPortrait)) > len(answered):
            answered.append(asked[len(answered)])
            stage.hear(replace(portrait(answered[-1].question, 0), surface=SURFACE))
            stage.link.tick()
        return [ask.care for ask in answered]

    stage.get_ready()
    stage.link.inspection.look(Scene(EXTENT))
    stage.link.tick()
    assert cares() == ["usual", "fine"]
    stage.hear(ActivityChanged(activity="training", step=0), Weights(step=7, theta=THETA))
    assert cares() == ["usual", "fine", "quick"]
    stage.hear(ActivityChanged(activity="paused", step=7))
    stage.link.tick()
    assert cares() == ["usual", "fine", "quick", "fine"]


def test_an_edit_waits_for_the_picture_asked_before_it_so_that_a_drag_shows_its_pictures(stage: Stage) -> None:
    stage.get_ready()
    drawn = []
    stage.link.portrayed.connect(drawn.append)
    stage.link.inspection.look(Scene(EXTENT))
    stage.link.tick()
    stage.edit("solver.rtol", 1e-3)
    stage.link.tick()
    assert len(stage.sent("inspector", Configure)) == 1
    stage.hear(portrait(stage.sent("inspector", AskPortrait)[-1].question, 0))
    assert len(drawn) == 1
    assert len(stage.sent("inspector", Configure)) == 2 and len(stage.sent("inspector", AskPortrait)) == 2


def test_an_edit_does_not_wait_for_ever(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "EDIT_PATIENCE", 0.0)
    stage.get_ready()
    drawn = []
    stage.link.portrayed.connect(drawn.append)
    stage.link.inspection.look(Scene(EXTENT))
    stage.link.tick()
    stage.edit("solver.rtol", 1e-3)
    stage.link.tick()
    assert len(stage.sent("inspector", Configure)) == 2
    stage.hear(portrait(stage.sent("inspector", AskPortrait)[0].question, 0))
    assert not drawn, "it answers an old question"


def test_of_trajectories_asked_while_one_is_in_flight_only_the_newest_is_sent(stage: Stage) -> None:
    stage.get_ready()
    for x in (1.0, 2.0, 3.0):
        stage.link.inspection.ask_trajectories(((x, 0.0),))
        stage.link.tick()
    asked = stage.sent("inspector", AskTrajectories)
    assert [ask.starts[0][0] for ask in asked] == [1.0]
    stage.hear(TrajectoriesSolved(question=asked[0].question, step=0, curves=(), revision=0))
    assert [ask.starts[0][0] for ask in stage.sent("inspector", AskTrajectories)] == [1.0, 3.0]


def test_a_change_of_the_solver_asks_another_sweep_and_one_of_the_learning_rate_does_not(stage: Stage) -> None:
    stage.get_ready()
    stage.link.tick()
    assert len(stage.sent("inspector", AskSweep)) == 1
    stage.edit("training.learning_rate", 1e-4)
    stage.hear(configured("inspector", 0))
    stage.hear(configured("inspector", 1))
    assert len(stage.sent("inspector", AskSweep)) == 1
    stage.edit("solver.method", "rk4")
    stage.link.tick()
    assert len(stage.sent("inspector", AskSweep)) == 2


def test_a_lost_trainer_continues_from_the_last_checkpoint_when_restarted(stage: Stage) -> None:
    stage.get_ready()
    stage.link.train()
    stage.hear(ActivityChanged(activity="training", step=0), progress(0, 50), checkpoint(40))
    begun = []
    stage.link.runBegun.connect(begun.append)
    stage.hear(WorkerLost(role="trainer", exitcode=-9))
    assert stage.link.trainer.state == "lost" and stage.link.activity == "paused"
    stage.client.sent.clear()
    stage.link.restart("trainer")
    kinds = [type(command) for role, command in stage.client.sent if role == "trainer"]
    assert stage.client.restarted == ["trainer"] and kinds == [Configure, Restore, Train]
    assert stage.sent("trainer", Restore)[0].checkpoint.step == 40
    stage.hear(configured("trainer", 0, step=0, kept=False), configured("trainer", 0, step=40, kept=False))
    assert not begun, "the history goes on as if nothing had happened"


def test_a_lost_trainer_is_not_given_weights_of_an_experiment_that_was_left_meanwhile(stage: Stage) -> None:
    stage.get_ready()
    started_over: list[None] = []
    stage.link.startedOver.connect(lambda: started_over.append(None))
    stage.hear(checkpoint(40), WorkerLost(role="trainer", exitcode=-9))
    stage.edit("field.width", 20)
    stage.link.restart("trainer")
    assert not stage.sent("trainer", Restore) and stage.link.step == 0
    assert len(started_over) == 1


def test_a_restarted_inspector_is_given_the_experiment_and_the_weights(stage: Stage) -> None:
    stage.get_ready()
    stage.link.inspection.look(Scene(EXTENT))
    stage.hear(Weights(step=7, theta=THETA))
    stage.hear(WorkerLost(role="inspector", exitcode=-9))
    stage.client.sent.clear()
    stage.link.restart("inspector")
    stage.hear(Ready(role="inspector", pid=3, device="cpu", torch="2"))
    kinds = [type(command) for role, command in stage.client.sent if role == "inspector"]
    assert kinds[:3] == [Configure, SetWeights, AskPortrait]


def test_a_failure_of_the_inspector_ends_the_question_it_failed_at(stage: Stage) -> None:
    stage.get_ready()
    stage.link.inspection.look(Scene(EXTENT))
    stage.link.tick()
    stage.hear(Failed(role="inspector", message="No.", remedy="Try."))
    stage.link.inspection.look(Scene((-2.0, 2.0, -2.0, 2.0)))
    stage.link.tick()
    assert len(stage.sent("inspector", AskPortrait)) == 2


def test_an_edit_that_brings_other_weights_begins_another_history_before_the_trainer_answers(stage: Stage) -> None:
    stage.get_ready()
    stage.hear(progress(0, 50))
    begun, heard = [], []
    stage.link.runBegun.connect(begun.append)
    stage.link.progressed.connect(heard.append)
    stage.edit("field.width", 20)
    assert begun == [0] and stage.link.step == 0
    stage.hear(progress(50, 3, revision=0), ActivityChanged(activity="paused", step=53))
    assert not heard and stage.link.step == 0, "what was trained before is drawn no more"
    stage.hear(configured("trainer", 1, kept=False), progress(0, 3, revision=1))
    assert len(heard) == 1 and stage.link.step == 3


def test_another_dataset_begins_another_history_where_training_stands(stage: Stage) -> None:
    stage.link = EngineLink(stage.client, Experiment(task=MatchDensity(), dataset=Moons()))
    stage.get_ready()
    stage.hear(progress(0, 50), checkpoint(40))
    begun, heard = [], []
    stage.link.runBegun.connect(begun.append)
    stage.link.progressed.connect(heard.append)
    stage.link.edit(Experiment(task=MatchDensity(), dataset=Circles()))
    stage.hear(progress(50, 3, revision=0), checkpoint(53))
    assert begun == [50] and not heard
    assert stage.link.checkpoint is not None and stage.link.checkpoint.step == 53, "the weights are the same"
    stage.hear(configured("trainer", 1, step=53), progress(53, 3, revision=1))
    assert begun == [50] and len(heard) == 1
