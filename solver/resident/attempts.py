"""The attempts of one solve, ready to be made: as they come, or as what was recorded of another solve like it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from solver.field import FlatField
from solver.resident import graphs
from solver.resident.attempt import Attempt, AttemptTensors, Rules, Start
from solver.resident.choosing import CHOICE, Fitting
from solver.resident.circumstances import circumstances
from solver.resident.field import identity
from solver.resident.fused import FusedNetwork, FusedStages, fused_network, trusted
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
    y, rules = start.y, fits.rules

    def tensors(largest: int) -> AttemptTensors:
        length = largest // (y.numel() * (1 + rules.tableau.stages * keeps_stages))
        return AttemptTensors(rules.tableau, start, max(1, min(LONGEST, length)), keeps_stages)

    def fresh(largest: int) -> MadeAttempts:
        made = tensors(largest)
        return MadeAttempts(rules, made, Attempt(rules, stages_on(made, fits, trusted_network(field, start)), made))

    def record() -> MadeAttempts | None:
        made, network = tensors(LARGEST_KEPT), trusted_network(field, start)
        replay = graphs.recorded(lambda: Attempt(rules, stages_on(made, fits, network), made)(), y.device)
        return None if replay is None else MadeAttempts(rules, made, replay)

    if CHOICE.replays(field.inner, y):
        # a tableau is long to compare, and lives as long as the rules do, which a recording keeps
        key = (id(rules.tableau), *rules[1:], keeps_stages, start.stops.numel(), *circumstances(field, y))
        with SHELF.lent(identity(field.inner), key, record) as lent:
            yield _begun(lent or fresh(LARGEST_KEPT), start)
    else:
        yield _begun(fresh(LARGEST if y.is_cuda else LARGEST_KEPT), start)


def _begun(made: MadeAttempts, start: Start) -> MadeAttempts:
    made.tensors.begin(start)
    return made


def trusted_network(field: FlatField, start: Start) -> FusedNetwork | None:
    """The field as a kernel makes its stages, where there is one, and it has proved right."""
    network = fused_network(field.inner, start.y) if CHOICE.fuses and start.y.is_cuda else None
    moment = (start.s * start.direction).to(start.y.dtype)
    return network if network is not None and trusted(network, start.y, moment, start.slope) else None


def stages_on(tensors: AttemptTensors, fits: Fitting, network: FusedNetwork | None) -> MakesStages:
    """What makes the stages: the kernel of the network, or else evaluations of the field."""
    of_step = StageTensors(tensors.y, tensors.slopes)
    if network is not None:
        return FusedStages(fits.rules.tableau, network, of_step)
    return EvaluatedStages(fits.rules.tableau, fits.evaluate, of_step)
