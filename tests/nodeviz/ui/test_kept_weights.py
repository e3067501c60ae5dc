"""Going back to an experiment brings the weights that it was left with."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from nodeviz.engine.messages import Checkpoint, Configured, Ready, Restore, Train, WeightsLeft
from nodeviz.engine.packed import pack, unpack
from nodeviz.experiment import Experiment
from nodeviz.fields.layout import size_of
from nodeviz.tasks import Classify, FitTrajectories
from nodeviz.ui.alternatives import Alternatives
from nodeviz.ui.engine_link import EngineLink
from nodeviz.ui.kept_weights import KeptWeights
from nodeviz.ui.store import ExperimentStore
from tests.nodeviz.ui.pretended import PretendedClient

SIZE = size_of(Experiment().layout())
THETA = pack(np.full(SIZE, 0.5, np.float32))
NO_STATE = pack(np.zeros(0, np.uint8))


class Trained(NamedTuple):
    """An experiment and the engine that trains it."""

    store: ExperimentStore
    link: EngineLink
    alternatives: Alternatives


@pytest.fixture
def trained(qapp, client: PretendedClient) -> Trained:
    """Over an engine that has taken seven steps."""
    store = ExperimentStore()
    link = EngineLink(client, store.experiment)
    store.changed.connect(lambda before, after: link.edit(after))
    KeptWeights(store, link)
    link.start()
    client.events += [
        Ready(role="trainer", pid=1, device="cpu", torch="2"),
        Configured(role="trainer", step=0, kept=False, device="cpu", parameters=SIZE),
        Checkpoint(step=7, theta=THETA, optimiser={}, random=NO_STATE),
    ]
    link.tick()
    return Trained(store, link, Alternatives(store))


def checkpoint(step: int, revision: int) -> Checkpoint:
    return Checkpoint(step=step, theta=THETA, optimiser={}, random=NO_STATE, revision=revision)


def left_at(step: int, revision: int) -> WeightsLeft:
    return WeightsLeft(checkpoint=checkpoint(step, revision), revision=revision)


def restored(client: PretendedClient) -> list[Checkpoint]:
    return [command.checkpoint for command in client.sent_to("trainer", Restore)]


def test_undoing_another_task_brings_the_trained_weights_back(trained, client) -> None:
    trained.alternatives.choose("task", Classify)
    assert restored(client) == []
    trained.store.undo()
    (checkpoint,) = restored(client)
    assert checkpoint.step == 7 and (unpack(checkpoint.theta) == 0.5).all()
    assert not client.sent_to("trainer", Train)


def test_choosing_a_task_again_goes_on_where_it_was_left_and_trains_if_training_is_wanted(trained, client) -> None:
    trained.alternatives.choose("task", Classify)
    trained.link.train()
    trained.alternatives.choose("task", FitTrajectories)
    assert [checkpoint.step for checkpoint in restored(client)] == [7]
    assert len(client.sent_to("trainer", Train)) == 2 and trained.link.wanted


def test_weights_that_do_not_fit_are_not_kept_and_a_new_experiment_begins_afresh(trained, client) -> None:
    trained.store.edit("field.width", 20)
    trained.store.edit("field.width", 21)  # the checkpoint is still that of the first width
    trained.store.undo()
    assert restored(client) == []
    trained.store.undo()
    assert len(restored(client)) == 1
    trained.store.edit("solver.rtol", 1e-3)
    trained.store.undo()
    assert len(restored(client)) == 1, "an edit that keeps the weights restores nothing"


def test_weights_are_those_of_the_experiment_that_they_were_told_of_also_when_every_size_is_the_same(
    trained, client
) -> None:
    trained.store.edit("training.seed", 1)
    trained.store.edit("training.seed", 2)  # nothing was heard of seed 1
    client.events += [checkpoint(8, revision=0), left_at(9, revision=0)]
    trained.link.tick()
    assert trained.link.checkpoint is None, "it is of seed 0"
    trained.store.undo()
    assert restored(client) == []
    trained.store.undo()
    assert [checkpoint.step for checkpoint in restored(client)] == [9], "the trainer's last word of seed 0"


def test_what_was_left_is_restored_with_the_last_steps_that_the_trainer_took(trained, client) -> None:
    trained.alternatives.choose("task", Classify)
    client.events += [left_at(9, revision=0), checkpoint(3, revision=1)]
    trained.link.tick()
    trained.alternatives.choose("task", FitTrajectories)
    client.events.append(left_at(4, revision=1))
    trained.link.tick()
    trained.alternatives.choose("task", Classify)
    assert [checkpoint.step for checkpoint in restored(client)] == [9, 4], "of another run too"


def test_an_experiment_that_was_reset_and_left_begins_at_step_0_again(trained, client) -> None:
    trained.alternatives.choose("task", Classify)
    trained.alternatives.choose("task", FitTrajectories)
    assert len(restored(client)) == 1
    trained.link.reset()
    trained.alternatives.choose("task", Classify)
    trained.alternatives.choose("task", FitTrajectories)
    assert len(restored(client)) == 1
