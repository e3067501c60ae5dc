"""Going back to an experiment brings the weights that it was left with."""

from __future__ import annotations

import numpy as np
import pytest

from nodeviz.engine.messages import Checkpoint, Configured, Ready, Restore, Train, pack, unpack
from nodeviz.fields.layout import size_of
from nodeviz.tasks import Classify, FitTrajectories
from nodeviz.ui.launch import Launched
from tests.nodeviz.ui.pretended import PretendedClient


@pytest.fixture
def trained(launched: Launched, client: PretendedClient) -> Launched:
    """A window over an engine that has taken seven steps."""
    size = size_of(launched.desk.store.experiment.layout())
    client.events += [
        Ready(role="trainer", pid=1, device="cpu", torch="2"),
        Configured(role="trainer", step=0, kept=False, device="cpu", parameters=size),
        Checkpoint(step=7, theta=pack(np.full(size, 0.5, np.float32)), optimiser={}, random=pack(np.zeros(0, "u1"))),
    ]
    launched.desk.link.tick()
    return launched


def restored(client: PretendedClient) -> list[Checkpoint]:
    return [command.checkpoint for command in client.sent_to("trainer", Restore)]


def test_undoing_another_task_brings_the_trained_weights_back(trained, client) -> None:
    trained.desk.alternatives.choose("task", Classify)
    assert restored(client) == []
    trained.desk.store.undo()
    (checkpoint,) = restored(client)
    assert checkpoint.step == 7 and (unpack(checkpoint.theta) == 0.5).all()
    assert not client.sent_to("trainer", Train)


def test_choosing_a_task_again_goes_on_where_it_was_left_and_trains_if_training_is_wanted(trained, client) -> None:
    trained.desk.alternatives.choose("task", Classify)
    trained.desk.link.train()
    trained.desk.alternatives.choose("task", FitTrajectories)
    assert [checkpoint.step for checkpoint in restored(client)] == [7]
    assert len(client.sent_to("trainer", Train)) == 2 and trained.desk.link.wanted


def test_weights_that_do_not_fit_are_not_kept_and_a_new_experiment_begins_afresh(trained, client) -> None:
    trained.desk.store.edit("field.width", 20)
    trained.desk.store.edit("field.width", 21)  # the checkpoint is still that of the first width
    trained.desk.store.undo()
    assert restored(client) == []
    trained.desk.store.undo()
    assert len(restored(client)) == 1
    trained.desk.store.edit("solver.rtol", 1e-3)
    trained.desk.store.undo()
    assert len(restored(client)) == 1, "an edit that keeps the weights restores nothing"
