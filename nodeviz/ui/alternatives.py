"""Which whole experiment stands behind the choice of a task, a dataset or a field: one whose parts suit one another."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

from msgspec.structs import replace
from PySide6.QtCore import QObject

from nodeviz.assets_path import ready_made
from nodeviz.datasets import DATASETS
from nodeviz.datasets.declared import title_of
from nodeviz.experiment import Experiment, ViewSettings, decode
from nodeviz.fields import FIELDS
from nodeviz.settings import value_at
from nodeviz.tasks import TASKS
from nodeviz.ui.store import ExperimentStore

Kind = type[Any]
"""The class of a task, a dataset or a field."""


class Offer(NamedTuple):
    """The experiment that a choice leads to; None where it cannot be had, and then why not."""

    experiment: Experiment | None
    reason: str = ""


class Alternatives(QObject):
    """Every kind comes back as it was left. Another task is a ready-made combination, or what was last made of it."""

    def __init__(self, store: ExperimentStore) -> None:
        super().__init__(store)
        self._store = store
        self._left: dict[Kind, Any] = {}
        self._left_with: dict[Kind, Experiment] = {}
        self._note(store.experiment)
        store.changed.connect(lambda before, after: self._note(after))

    def offer(self, section: str, kind: Kind) -> Offer:
        """What choosing `kind` for `section`, "task", "dataset" or "field", would lead to."""
        now = self._store.experiment
        if type(value_at(now, section)) is kind:
            return Offer(now)
        if section == "task":
            return self._with_task(now, kind)
        if section == "dataset":
            return self._with_data(now, self.as_left(kind))
        return self._with_field(now, kind)

    def offer_data(self, dataset: Any) -> Offer:
        """What this very dataset would lead to: in the task at hand, or else in the first that it suits."""
        now = self._store.experiment
        offered = self._with_data(now, dataset)
        for kind in KINDS["task"]:
            made = None if offered.experiment is not None else self._with_task(now, kind).experiment
            if made is not None:
                there = self._with_data(made, dataset)
                offered = there if there.experiment is not None else offered
        return offered

    def as_left(self, kind: Kind) -> Any:
        """A dataset or a field of `kind` as it was left, or its defaults."""
        return self._left.get(kind) or kind()

    def choose(self, section: str, kind: Kind) -> None:
        """Take what choosing `kind` leads to, as one step of undo; where it cannot be had, that is refused in words."""
        offered = self.offer(section, kind)
        if offered.experiment is None:
            self._store.refused.emit(offered.reason)
        else:
            self._store.take(offered.experiment)

    def _with_task(self, now: Experiment, kind: Kind) -> Offer:
        if kind in self._left_with:
            return Offer(self._left_with[kind])
        made = next(chain(_ready_with(kind, now), _defaults_with(kind)), None)
        if made is None:
            return Offer(None, f"No dataset suits {kind.title}.")
        training = replace(made.training, device=now.training.device)
        return Offer(replace(made, training=training, view=_view_of(made, now.view)))

    def _with_data(self, now: Experiment, dataset: Any) -> Offer:
        ready = [each.task for each in ready_experiments() if type(each.task) is type(now.task)]
        for task in (now.task, *ready):
            if not unsuited(task, dataset, now.field):
                name = title_of(type(dataset)).lower()
                return Offer(replace(now, name=name, task=task, dataset=dataset))
        return Offer(None, unsuited(now.task, dataset, now.field))

    def _with_field(self, now: Experiment, kind: Kind) -> Offer:
        field = self.as_left(kind)
        reason = unsuited(now.task, now.dataset, field)
        return Offer(None, reason) if reason else Offer(replace(now, field=field))

    def _note(self, experiment: Experiment) -> None:
        for part in (experiment.dataset, experiment.field):
            self._left[type(part)] = part
        self._left_with[type(experiment.task)] = experiment


def unsuited(task: Any, dataset: Any, field: Any) -> str:
    """Why `task` cannot be had with these, in the task's own words; nothing when it can."""
    try:
        task.check(dataset, field)
    except ValueError as error:
        return str(error)
    return ""


@cache
def ready_experiments() -> tuple[Experiment, ...]:
    """The ready-made experiments, in the order of their names."""
    return tuple(decode(path.read_bytes()) for path in ready_made().values())


def sentence_of(kind: Kind) -> str:
    """The first line of what its declaration says of it."""
    return (kind.__doc__ or "").strip().splitlines()[0]


def _ready_with(kind: Kind, now: Experiment) -> list[Experiment]:
    """The ready-made experiments of a task: those of the dataset at hand first, then as datasets are listed."""

    def rank(experiment: Experiment) -> tuple[bool, int]:
        dataset = type(experiment.dataset)
        return dataset is not type(now.dataset), DATASETS.index(dataset)

    return sorted((each for each in ready_experiments() if type(each.task) is kind), key=rank)


def _defaults_with(kind: Kind) -> Iterator[Experiment]:
    """What the declared defaults give with a task, for one of which nothing is ready-made."""
    task = kind()
    for dataset in (made() for made in DATASETS):
        for field in (made() for made in FIELDS):
            if not unsuited(task, dataset, field):
                yield Experiment(name=title_of(type(dataset)).lower(), task=task, dataset=dataset, field=field)


def _view_of(made: Experiment, now: ViewSettings) -> ViewSettings:
    """What is shown goes on as it is, but for the background: what the new task has to show, where it has something."""
    return replace(now, background="speed" if made.task.shows is None else "surface", starts=())


KINDS: dict[str, tuple[Kind, ...]] = {"task": TASKS, "dataset": DATASETS, "field": FIELDS}
"""What each section of the experiment may be."""
