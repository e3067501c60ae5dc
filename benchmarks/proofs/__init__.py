"""What the proof consists of, in order."""

from collections.abc import Callable

from benchmarks.proofs.detest import detest, evaluations
from benchmarks.proofs.energy import energy
from benchmarks.proofs.gradients import gradients, reversible
from benchmarks.proofs.orders import orders
from benchmarks.proofs.round_trip import round_trip
from benchmarks.proofs.section import Section
from benchmarks.proofs.stiff import stiff

SECTIONS: tuple[Callable[[], Section], ...] = (
    orders,
    detest,
    evaluations,
    stiff,
    energy,
    round_trip,
    gradients,
    reversible,
)

__all__ = ["SECTIONS", "Section"]
