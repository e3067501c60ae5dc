"""Which solver settings do not go with a field and its states, and what to choose instead."""

from __future__ import annotations

from nodeviz.tasks.solving import SolverSettings
from solver.gradient_modes import FORWARD, MOST_DIRECTIONS
from solver.method import Symplectic


def check_suits(settings: SolverSettings, entries: int, parameters: int) -> None:
    """Raises `ValueError` unless `settings` go with states of so many entries and a field of so many parameters.

    `parameters` is 0 where no solve is differentiated.
    """
    if isinstance(settings.scheme, Symplectic) and entries % 2:
        raise ValueError(
            f"{settings.scheme.label} moves positions and velocities in turn, half of a state each; states here have "
            f"{entries} entries. Choose another method, or a problem whose states have an even number of entries."
        )
    if settings.gradient == FORWARD.name and parameters > MOST_DIRECTIONS:
        raise ValueError(
            f"The gradient {FORWARD.label} carries a tangent for each parameter; this field has {parameters}, and "
            f"{MOST_DIRECTIONS} is the most. Choose the gradient checkpointed, or a smaller field."
        )
