"""What goes wrong is told, and told no longer than it lasts."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from nodeviz.engine.messages import ActivityChanged, Configured, Failed, Ready, Role, WorkerLost
from nodeviz.ui.announcements import Announcements
from nodeviz.ui.engine_link import EngineLink
from nodeviz.ui.store import ExperimentStore
from nodeviz.ui.trouble import Trouble
from tests.nodeviz.ui.pretended import PretendedClient


class Told(NamedTuple):
    """A store and a link, and what their user is told."""

    store: ExperimentStore
    link: EngineLink
    announcements: Announcements


@pytest.fixture
def told(qapp, client: PretendedClient) -> Told:
    store, announcements = ExperimentStore(), Announcements()
    link = EngineLink(client, store.experiment)
    Trouble(store, link, announcements)
    link.start()
    hear(link, client, Ready(role="trainer", pid=1, device="cpu", torch="2"))
    return Told(store, link, announcements)


def hear(link: EngineLink, client: PretendedClient, *events) -> None:
    client.events += events
    link.tick()


def stands(role: Role, revision: int) -> Configured:
    return Configured(role=role, step=0, kept=True, device="cpu", parameters=3, revision=revision)


def test_a_failure_is_over_when_that_worker_takes_settings_again_that_are_no_older(told, client) -> None:
    hear(told.link, client, Failed(role="trainer", message="No.", remedy="Undo.", revision=3))
    hear(told.link, client, stands("inspector", 3), stands("trainer", 2))
    assert set(told.announcements.open) == {"trainer failed"}
    hear(told.link, client, stands("trainer", 3))
    assert not told.announcements.open


def test_a_failure_is_over_when_training_goes_on(told, client) -> None:
    hear(told.link, client, Failed(role="trainer", message="It stumbled.", remedy="Reset."))
    hear(told.link, client, ActivityChanged(activity="paused", step=3))
    assert set(told.announcements.open) == {"trainer failed"}
    hear(told.link, client, ActivityChanged(activity="training", step=3))
    assert not told.announcements.open


def test_a_trainer_that_is_restarted_without_weights_says_that_it_begins_at_step_0(told, client) -> None:
    said: list[str] = []
    told.announcements.said.connect(said.append)
    hear(told.link, client, WorkerLost(role="trainer", exitcode=-9))
    told.announcements.open["trainer"].accept()
    assert len(said) == 1 and "step 0" in said[0]


def test_what_both_workers_failed_at_is_told_once(told, client) -> None:
    hear(told.link, client, Failed(role="trainer", message="No memory.", remedy="Undo.", revision=3))
    hear(told.link, client, Failed(role="inspector", message="No memory.", remedy="Undo.", revision=3))
    assert set(told.announcements.open) == {"trainer failed"}


def test_a_refusal_is_withdrawn_when_a_value_is_taken(told) -> None:
    said: list[str] = []
    withdrawn: list[str] = []
    told.announcements.said.connect(said.append)
    told.announcements.withdrawn.connect(withdrawn.append)
    told.store.edit("solver.rtol", 1.5)
    assert len(said) == 1 and not withdrawn
    told.store.edit("solver.rtol", 1e-4)
    assert withdrawn == said
