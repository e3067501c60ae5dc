"""The store keeps one experiment, and every way back."""

from __future__ import annotations

import pytest

from nodeviz.experiment import Experiment
from nodeviz.ui.store import ExperimentStore


@pytest.fixture
def store() -> ExperimentStore:
    return ExperimentStore()


def test_an_edit_is_announced_with_what_was_and_what_is(store: ExperimentStore) -> None:
    heard = []
    store.changed.connect(lambda before, after: heard.append((before.solver.rtol, after.solver.rtol)))
    assert store.edit("solver.rtol", 1e-3)
    assert heard == [(1e-5, 1e-3)]


def test_an_edit_that_changes_nothing_is_no_edit(store: ExperimentStore) -> None:
    heard = []
    store.changed.connect(lambda before, after: heard.append(after))
    assert store.edit("solver.rtol", store.experiment.solver.rtol)
    assert not heard and not store.can_undo


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("solver.rtol", 5.0),
        ("solver.rtol", "small"),
        ("solver.method", "magic"),
        ("field.width", -3),
        ("nothing.at", 1),
    ],
)
def test_a_value_that_is_not_valid_is_refused_in_a_sentence(store: ExperimentStore, path: str, value: object) -> None:
    refused = []
    store.refused.connect(refused.append)
    assert not store.edit(path, value)
    assert store.experiment == Experiment() and not store.can_undo
    assert len(refused) == 1 and refused[0].endswith(".")


def test_a_drag_is_one_step_of_undo(store: ExperimentStore) -> None:
    for rtol in (1e-4, 1e-3, 1e-2):
        store.edit("solver.rtol", rtol, gesture="drag")
    store.undo()
    assert store.experiment == Experiment()
    store.redo()
    assert store.experiment.solver.rtol == 1e-2


def test_two_drags_are_two_steps_of_undo(store: ExperimentStore) -> None:
    store.edit("solver.rtol", 1e-4, gesture="first")
    store.edit("solver.rtol", 1e-3, gesture="second")
    store.undo()
    assert store.experiment.solver.rtol == 1e-4


def test_the_same_drag_after_an_undo_can_be_undone_by_itself(store: ExperimentStore) -> None:
    store.edit("solver.rtol", 1e-4, gesture="drag")
    store.undo()
    store.edit("solver.rtol", 1e-3, gesture="drag")
    store.undo()
    assert store.experiment == Experiment()


def test_a_new_edit_forgets_what_was_undone(store: ExperimentStore) -> None:
    store.edit("solver.rtol", 1e-4)
    store.undo()
    store.edit("solver.rtol", 1e-3)
    assert not store.can_redo


def test_undo_and_redo_without_a_past_do_nothing(store: ExperimentStore) -> None:
    store.undo()
    store.redo()
    assert store.experiment == Experiment()


def test_an_adopted_experiment_has_no_past(store: ExperimentStore) -> None:
    store.edit("solver.rtol", 1e-4)
    store.adopt(Experiment(name="other"))
    assert store.experiment.name == "other" and not store.can_undo and not store.can_redo
