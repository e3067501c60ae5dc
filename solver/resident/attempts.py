"""The attempts of one solve, ready to be made: as they come, or as what was recorded of another solve like it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from solver.field import DifferentiableField, FlatField
from solver.resident import graphs
from solver.resident.attempt import Attempt, AttemptTensors, Rules, Start
from solver.resident.choosing import CHOICE, Fitting
from solver.resident.circumstances import circumstances
from solver.resident.field import identity
from solver.resident.fused import FusedStages, fused_network, trusted
from solver.resident.shelf import Shelf
from solver.resident.stages import EvaluatedStages, MakesStages, StageTensors

LONGEST = 64
LARGEST, LARGEST_KEPT = 2**27, 2**22
"""At most so many attempts are made in a row, and what is kept of them consists of so many numbers: of large states on
a GPU, and where it may be kept for the next solve."""


class MadeAttempts:
    """Tensors, and `make`, which makes an attempt on them by the rules. `expected`: how many it took the last time."""

    def __init__(self, rules: Rules, tensors: AttemptTensors, make: graphs.Work) -> None:
        self.rules, self.tensors, self.make = rules, tensors, make
        self.expected: int | None = None


SHELF: Shelf[MadeAttempts] = Shelf()


@contextmanager
def attempts_from(start: Start, fits: Fitting, field: FlatField, keeps_stages: bool) -> Iterator[MadeAttempts]:
    """Attempts that begin at the start."""
    y, tableau = start.y, fits.rules.tableau

    def fresh(largest: int) -> MadeAttempts:
        length = largest // (y.numel() * (1 + tableau.stages * keeps_stages))
        tensors = AttemptTensors(tableau, start, max(1, min(LONGEST, length)), keeps_stages)
        stages = stages_on(StageTensors(tensors.y, tensors.slopes), start, fits, field.inner)
        return MadeAttempts(fits.rules, tensors, Attempt(fits.rules, stages, tensors))

    def record() -> MadeAttempts | None:
        made = fresh(LARGEST_KEPT)
        replay = graphs.recorded(made.make, y.device)
        return None if replay is None else MadeAttempts(fits.rules, made.tensors, replay)

    if CHOICE.replays(field.inner, y):
        rules = (id(tableau), *fits.rules[1:])  # a tableau is long to compare, and lives as long as the rules do
        key = (*rules, keeps_stages, start.stops.numel(), *circumstances(field, y))
        with SHELF.lent(identity(field.inner), key, record) as lent:
            yield _begun(lent or fresh(LARGEST_KEPT), start)
    else:
        yield _begun(fresh(LARGEST if y.is_cuda else LARGEST_KEPT), start)


def _begun(made: MadeAttempts, start: Start) -> MadeAttempts:
    made.tensors.begin(start)
    return made


def stages_on(tensors: StageTensors, start: Start, fits: Fitting, field: DifferentiableField) -> MakesStages:
    """The quickest way to make the stages of the field that there is."""
    network = fused_network(field, start.y) if CHOICE.fuses and start.y.is_cuda else None
    moment = (start.s * start.direction).to(start.y.dtype)
    if network is not None and trusted(network, start.y, moment, start.slope):
        return FusedStages(fits.rules.tableau, network, tensors)
    return EvaluatedStages(fits.rules.tableau, fits.evaluate, tensors)
