"""The attempts of one solve, ready to be made: as they come, or as what was recorded of another solve like it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from solver.field import AutogradField, DifferentiableField
from solver.resident import graphs
from solver.resident.attempt import Attempt, AttemptTensors, Start
from solver.resident.choosing import CHOICE, Fitting
from solver.resident.shelf import Shelf

LONGEST = 64
LARGEST = {"cpu": 2**22, "cuda": 2**27}
"""At most so many attempts are made in a row, and what is kept of them consists of so many numbers."""


class MadeAttempts:
    """Tensors, and `make`, which makes an attempt on them. `expected`: how many it took the last time."""

    def __init__(self, tensors: AttemptTensors, make: graphs.Work) -> None:
        self.tensors, self.make = tensors, make
        self.expected: int | None = None


SHELF: Shelf[MadeAttempts] = Shelf()


@contextmanager
def attempts_from(
    start: Start, fits: Fitting, field: DifferentiableField, keeps_stages: bool
) -> Iterator[MadeAttempts]:
    """Attempts that begin at the start."""
    y, tableau = start.y, fits.rules.tableau

    def fresh() -> MadeAttempts:
        kept = y.numel() * (1 + tableau.stages * keeps_stages)
        length = max(1, min(LONGEST, LARGEST.get(y.device.type, LARGEST["cpu"]) // kept))
        tensors = AttemptTensors(tableau, start, length, keeps_stages)
        return MadeAttempts(tensors, Attempt(fits.rules, fits.evaluate, tensors))

    def record() -> MadeAttempts | None:
        made = fresh()
        replay = graphs.recorded(made.make, y.device)
        return None if replay is None else MadeAttempts(made.tensors, replay)

    if not CHOICE.replays(field, y):
        yield _begun(fresh(), start)
        return
    key = (id(tableau), fits.rules.sizes, fits.rules.measure, keeps_stages, start.stops.numel(), *whereabouts(field, y))
    with SHELF.lent(owner_of(field), key, record) as lent:
        yield _begun(lent or fresh(), start)


def _begun(made: MadeAttempts, start: Start) -> MadeAttempts:
    made.tensors.begin(start)
    return made


def owner_of(field: DifferentiableField) -> object:
    """Whose evaluations they are, from solve to solve."""
    return field.function if isinstance(field, AutogradField) else field


def whereabouts(field: DifferentiableField, y: Tensor) -> tuple[Hashable, ...]:
    """What else has to be as it was for a recording to hold: where weights are in memory, and what y is like."""
    owner = owner_of(field)
    tensors = [*owner.parameters(), *owner.buffers()] if isinstance(owner, torch.nn.Module) else field.parameters()
    stream = torch.cuda.current_stream(y.device).cuda_stream if y.is_cuda else 0
    places = tuple(tensor.data_ptr() for tensor in tensors)
    return (y.numel(), y.dtype, y.device, stream, torch.is_autocast_enabled(y.device.type), places)
