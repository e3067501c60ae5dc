"""The inspector's session with a study under way, and with a task that has something to show and weights of its own."""

from typing import ClassVar

import numpy as np
import pytest
import torch

from nodeviz.analysis.report import Report
from nodeviz.analysis.study import Study
from nodeviz.engine import inspector_session
from nodeviz.engine.carry import keeps_weights
from nodeviz.engine.inspector_session import InspectorSession
from nodeviz.engine.messages import (
    AskPortrait,
    AskStudy,
    AskSweep,
    Configure,
    Portrait,
    SetWeights,
    StudyExtended,
    SweepExtended,
)
from nodeviz.engine.packed import pack, unpack
from nodeviz.engine.trainer import Trainer
from nodeviz.experiment import Experiment
from nodeviz.fields.layout import Slot
from nodeviz.settings import edited
from nodeviz.tasks import FitTrajectories
from nodeviz.tasks.picture import Cloud, Figure, Picture, Surface
from nodeviz.tasks.run import LossResult, Run
from solver.solution import Stats, Status

torch.set_num_threads(1)

EXTENT = (-1.0, 1.0, -1.0, 1.0)


def counting(subject):
    """A study in three pieces that says how far it is and what it saw."""
    for i in range(3):
        subject.attend()
        yield Report(sentence=f"{i} of {subject.experiment.solver.rtol:g} at {subject.step}", done=i == 2)


@pytest.fixture
def session(monkeypatch):
    study = Study("counting", "Counting", "Counts to three.", True, lambda experiment: "", counting)
    monkeypatch.setattr(inspector_session, "study_named", lambda name: {"counting": study}[name])
    session = InspectorSession()
    session.handle(Configure(edited(Experiment(), "dataset.points", 50), run=1, revision=1))
    return session


def said(session, kind):
    found = []
    while session.busy:
        found += [event for event in session.tick() if isinstance(event, kind)]
    return found


def test_a_study_is_answered_piece_by_piece_and_after_everything_else(session):
    session.handle(AskStudy(4, "counting", run=1))
    session.handle(AskPortrait(2, EXTENT, 0.0, run=1))
    session.handle(AskSweep(3, run=1))
    events = said(session, (Portrait, SweepExtended, StudyExtended))
    kinds = [type(event) for event in events]
    assert kinds.index(Portrait) == 0 and kinds[-3:] == [StudyExtended] * 3 and StudyExtended not in kinds[:-3]
    assert [event.report.sentence for event in events[-3:]] == [f"{i} of 1e-05 at 0" for i in range(3)]
    assert events[-1].report.done and (events[-1].question, events[-1].study, events[-1].run) == (4, "counting", 1)


def test_an_edit_begins_the_study_anew_and_an_empty_name_ends_it(session):
    session.handle(AskStudy(1, "counting", run=1))
    session.tick()
    session.handle(Configure(edited(Experiment(), "solver.rtol", 1e-3), run=1, revision=2))
    assert [event.report.sentence[:10] for event in said(session, StudyExtended)] == [f"{i} of 0.001" for i in range(3)]
    session.handle(AskStudy(2, "counting", run=1))
    session.handle(AskStudy(3, "", run=1))
    assert not session.busy


def test_a_study_superseded_in_its_middle_says_nothing_old(session):
    session.handle(AskStudy(1, "counting", run=1))
    session.attend = lambda: session.handle(AskStudy(2, "counting", run=1))
    assert session.tick() == []
    session.attend = lambda: None
    assert {event.question for event in said(session, StudyExtended)} == {2}


def test_a_study_of_no_known_name_fails_with_a_sentence_and_is_not_tried_for_ever(session, monkeypatch):
    monkeypatch.undo()
    session.handle(AskStudy(1, "no such study", run=1))
    with pytest.raises(ValueError, match="There is no study 'no such study'"):
        session.tick()
    assert not session.busy


class Pulled(FitTrajectories, frozen=True, tag="pulled"):
    """A task with two weights of its own, which learn to be 3 and -1, and something of every kind to show."""

    title: ClassVar[str] = "Pulled"

    def layout(self, dataset, field):
        return (Slot("pull.weight", (2,)),)

    def initial_parameters(self, dataset, field, seed):
        return np.array([0.5, 0.25], np.float32)

    def begin(self, problem):
        return PulledRun()


class PulledRun(Run):
    device = torch.device("cpu")

    def loss(self, learnt, generator, solver):
        goal = torch.tensor([3.0, -1.0])
        return LossResult(
            (learnt.own - goal).square().sum() + learnt.field.theta.square().sum(), Stats(), Status.success
        )

    def evaluate(self, learnt, solver):
        return float(learnt.own.sum())

    def picture(self, learnt, viewpoint, solver):
        values = np.full((viewpoint.grid, viewpoint.grid), float(learnt.own[1]), np.float32)
        ys = np.zeros((2, 3, 2), np.float32)
        cloud = Cloud(np.array([0.0, 1.0]), ys, np.arange(3, dtype=np.uint8))
        return Picture(Surface("density", values), cloud, (Figure("pull", float(learnt.own[0]), "N"),))


@pytest.fixture
def pulled():
    return Experiment(task=Pulled())


def test_weights_of_the_tasks_own_are_trained_kept_and_restored_with_the_fields(pulled):
    trainer = Trainer(pulled)
    assert trainer.parameters == pulled.field.initial_parameters(0).size + 2
    for _ in range(3):
        trainer.step()
    state = trainer.state()
    trained = state.optimiser["trained"]
    assert trained[-2] > 0.5 and trained[-1] < 0.25
    again = Trainer(pulled)
    again.restore(state)
    assert trainer.step().loss == again.step().loss
    np.testing.assert_array_equal(trainer.state().theta, again.state().theta)
    assert not keeps_weights(pulled, Experiment())


def test_what_the_task_shows_comes_with_the_portrait(pulled):
    session = InspectorSession()
    session.handle(Configure(pulled, run=1, revision=1))
    theta = np.concatenate([pulled.field.initial_parameters(0), [7.0, 2.0]]).astype(np.float32)
    session.handle(SetWeights(5, pack(theta), run=1, revision=1))
    session.handle(AskPortrait(1, EXTENT, 0.0, grid=8, run=1))
    (portrait,) = said(session, Portrait)
    assert portrait.surface.kind == "density" and (unpack(portrait.surface.values) == 2.0).all()
    assert unpack(portrait.surface.values).shape == (8, 8) and unpack(portrait.cloud.ys).shape == (2, 3, 2)
    assert portrait.figures == (Figure("pull", 7.0, "N"),)
