"""The discrete adjoint with its steps replayed: a step's pullback is recorded once, as `solver.resident` does attempts.

Before it is recorded, and where it cannot be, steps are pulled back as ever: that waits for no device either.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple, cast

import torch
from torch import Tensor

from solver.field import FlatField, Linearisation
from solver.gradients.adjoints import DiscreteAdjoint, make_discrete_adjoint
from solver.gradients.cotangents import ParameterSums, SavedCotangents
from solver.gradients.discrete_adjoint import StepwiseAdjoint
from solver.method import Method, RungeKutta
from solver.resident import graphs
from solver.resident.choosing import CHOICE
from solver.resident.circumstances import circumstances
from solver.resident.field import identity
from solver.resident.shelf import Shelf
from solver.trajectory import Checkpoint


@contextmanager
def discrete_adjoint(
    method: Method, field: FlatField, sums: ParameterSums, like: Tensor
) -> Iterator[DiscreteAdjoint | ReplayedAdjoint]:
    """The adjoint of `method` for flat states like `like`, replayed where the field's evaluations may be."""
    usual = make_discrete_adjoint(method, field, sums, like)
    replays = CHOICE.replays(field.inner, like)
    if replays and isinstance(method, RungeKutta) and isinstance(usual, StepwiseAdjoint):
        with ExitStack() as lent:
            adjoint = ReplayedAdjoint(method, field, sums, like, usual, lent)
            yield adjoint
            adjoint.add_sums()
    else:
        yield usual


class Kind(NamedTuple):
    """What a step's pullback starts from besides the cotangent of its end."""

    inside: bool
    first_slope: bool
    skip_last: bool


class PullTensors:
    """A step, and the cotangents that are pulled back through it: tensors that never move.

    `t` and `dt` are float64. `found` becomes the cotangent of the start; those of the parameters add up in `sums`.
    """

    def __init__(self, kind: Kind, stages: int, parameters: tuple[Tensor, ...], like: Tensor) -> None:
        self.t, self.dt = like.new_zeros(2, dtype=torch.float64).unbind()
        self.y, self.cotangent, self.found, first_slope = like.new_zeros(4, like.numel()).unbind()
        self.inside = like.new_zeros(stages, like.numel()) if kind.inside else None
        self.first_slope = first_slope if kind.first_slope else None
        self.sums = ParameterSums(parameters)

    def begin(self) -> None:
        """Nothing has been added up."""
        for total in self.sums.totals:
            total.zero_()

    def load(self, step: Checkpoint, cotangent: Tensor, inside: Tensor | None, first_slope: Tensor | None) -> None:
        """Go to a step."""
        self.t.fill_(step.t)
        self.dt.fill_(step.dt)
        self.y.copy_(step.y)
        self.cotangent.copy_(cotangent)
        for tensor, given in ((self.inside, inside), (self.first_slope, first_slope)):
            if tensor is not None and given is not None:
                tensor.copy_(given)


class ReplayedPull(NamedTuple):
    """Tensors, and what pulls back the step of a method that they hold."""

    method: RungeKutta
    tensors: PullTensors
    make: graphs.Work


SHELF: Shelf[ReplayedPull] = Shelf()
NOTHING_SAVED = SavedCotangents(torch.empty(0))


class TimesOnDevice(FlatField):
    """A field at times that are tensors of no dimensions, which it gets in the dtype of the state."""

    def evaluate(self, t: float | Tensor, y: Tensor) -> Tensor:
        return super().evaluate(_like(t, y), y)

    def linearise(self, t: float | Tensor, y: Tensor) -> Linearisation:
        return super().linearise(_like(t, y), y)


def _like(t: float | Tensor, y: Tensor) -> float:
    return cast(float, t.to(y.dtype) if isinstance(t, Tensor) else t)


class Pull:
    """Pulls back the step that the tensors hold, whenever it is called. It makes what else it needs each time anew."""

    def __init__(self, method: RungeKutta, field: FlatField, kind: Kind, tensors: PullTensors) -> None:
        self._method, self._field = method, TimesOnDevice(field.inner, field.shape)
        self._kind, self._tensors = kind, tensors

    def __call__(self) -> None:
        tensors = self._tensors
        adjoint = make_discrete_adjoint(self._method, self._field, tensors.sums, tensors.y)
        if not isinstance(adjoint, StepwiseAdjoint):
            raise ValueError(
                f"Steps of {self._method.name} are not pulled back by stages; leave them to their adjoint."
            )
        t, dt = cast(float, tensors.t), cast(float, tensors.dt)  # numbers all the same, which stay on their device
        step = Checkpoint(t, dt, tensors.y, 0, (), None)
        given = (tensors.cotangent, NOTHING_SAVED, tensors.inside, tensors.first_slope)
        tensors.found.copy_(adjoint.pull_back(step, *given, self._kind.skip_last))


class ReplayedAdjoint(StepwiseAdjoint):
    """Pulls back steps by recordings, of which there is one for each kind of step."""

    def __init__(
        self,
        method: RungeKutta,
        field: FlatField,
        sums: ParameterSums,
        like: Tensor,
        usual: StepwiseAdjoint,
        lent: ExitStack,
    ) -> None:
        super().__init__(method.tableau, field, sums, like)
        self._method, self._like, self._usual, self._lent = method, like, usual, lent
        self._recordings: dict[Kind, ReplayedPull | None] = {}

    def pull_back(
        self,
        step: Checkpoint,
        cotangent: Tensor,
        saved: SavedCotangents,
        inside: Tensor | None,
        first_slope: Tensor | None,
        skip_last: bool = False,
    ) -> Tensor:
        kind = Kind(inside is not None, first_slope is not None, skip_last)
        recording = self._recording(kind)
        if recording is None:
            return self._usual.pull_back(step, cotangent, saved, inside, first_slope, skip_last)
        at_end, rows = saved.at_end(step), saved.inside(step)
        total = cotangent if at_end is None else cotangent + at_end
        recording.tensors.load(step, total, inside, first_slope)
        recording.make()
        self._field.evaluations += self._tableau.advancing if inside is None or skip_last else self._size
        found = recording.tensors.found.clone()
        return found if rows is None else found.add_(rows.sum(0))

    def add_sums(self) -> None:
        """Enter what the recordings have added up."""
        for recording in self._recordings.values():
            if recording is not None:
                self._sums.add(recording.tensors.sums.totals)

    def _recording(self, kind: Kind) -> ReplayedPull | None:
        if kind in self._recordings:
            return self._recordings[kind]
        field, like = self._field, self._like

        def record() -> ReplayedPull | None:
            tensors = PullTensors(kind, self._size, field.parameters(), like)
            replay = graphs.recorded(Pull(self._method, field, kind, tensors), like.device)
            return None if replay is None else ReplayedPull(self._method, tensors, replay)

        key = (id(self._method), kind, *circumstances(field, like))
        recording = self._lent.enter_context(SHELF.lent(identity(field.inner), key, record))
        if recording is not None:
            recording.tensors.begin()
        self._recordings[kind] = recording
        return recording
