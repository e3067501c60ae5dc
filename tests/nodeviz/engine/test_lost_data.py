"""Both workers with an experiment whose file is lost: they hold and show its weights, and say what they cannot do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from nodeviz.datasets import PointsFile
from nodeviz.engine.inspector_session import InspectorSession
from nodeviz.engine.messages import (
    AskPortrait,
    AskStudy,
    AskSweep,
    Checkpoint,
    Configure,
    Portrait,
    Restore,
    Step,
    StudyExtended,
    SweepExtended,
    Weights,
)
from nodeviz.engine.packed import pack, unpack
from nodeviz.engine.session import Session
from nodeviz.engine.trainer_session import TrainerSession
from nodeviz.experiment import Experiment, decode, encode
from nodeviz.tasks import Classify

torch.set_num_threads(1)

LOST = "mine.csv cannot be read"


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    path = tmp_path / "mine.csv"
    path.write_text("".join(f"{n},{n * n % 7},{n % 2}\n" for n in range(30)))
    text = encode(Experiment(task=Classify(), dataset=PointsFile(path=str(path))))
    path.unlink()
    return decode(text)


def run_down(session: Session) -> list:
    said = []
    while session.busy:
        said += session.tick()
    return said


def test_the_inspector_shows_the_weights_and_says_what_cannot_be_asked(experiment: Experiment) -> None:
    session = InspectorSession()
    session.handle(Configure(experiment, run=1, revision=1))
    session.handle(AskPortrait(1, (-1.0, 1.0, -1.0, 1.0), 0.0, ((0.5, 0.5),), 8, run=1))
    (portrait,) = run_down(session)
    assert isinstance(portrait, Portrait)
    assert portrait.surface is not None and portrait.learnt == () and len(portrait.user) == 1
    session.handle(AskSweep(2, run=1))
    (swept,) = run_down(session)
    assert isinstance(swept, SweepExtended) and swept.done and LOST in swept.sentence
    session.handle(AskStudy(3, "depth", run=1))
    (studied,) = run_down(session)
    assert isinstance(studied, StudyExtended) and studied.report.done and LOST in studied.report.sentence


def test_the_trainer_holds_the_weights_and_takes_no_step(experiment: Experiment) -> None:
    session = TrainerSession()
    session.handle(Configure(experiment, run=1, revision=1))
    theta = experiment.initial_parameters() + 1
    checkpoint = Checkpoint(step=7, theta=pack(theta), optimiser={}, random=pack(np.zeros(0, np.uint8)))
    said = session.handle(Restore(checkpoint, run=2))
    assert [event.step for event in said if isinstance(event, Weights)] == [7]
    session.handle(Step(run=2))
    with pytest.raises(ValueError, match=LOST):
        session.tick()
    (weights,) = (event for event in session.failed(ValueError(), None) if isinstance(event, Weights))
    assert weights.step == 7 and (unpack(weights.theta) == theta).all()
