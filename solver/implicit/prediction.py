"""Where Newton's method starts: at the slopes that the last step's dense output has where it is continued."""

from __future__ import annotations

from torch import Tensor

from solver.coefficients import constant
from solver.tableau import ButcherTableau, nested_slopes

FARTHEST = 3.0
"""A step so many times as long as the last one is too long for its polynomial to say anything about it."""


class Prediction:
    """The slopes of the last accepted step, and what they foretell of the next one's."""

    def __init__(self, tableau: ButcherTableau, like: Tensor) -> None:
        self._nodes = tableau.c
        self._rows = constant(tableau.dense_rows, like)
        self._slopes: Tensor | None = None
        self._dt = 0.0

    def remember(self, slopes: Tensor, dt: float) -> None:
        """A step of size dt with these slopes (stages, entries) was accepted."""
        self._slopes, self._dt = slopes.detach(), dt

    def of(self, block: range, dt: float) -> Tensor | None:
        """A guess at the slopes of a block in a step of size dt that follows; None where there is nothing to go by."""
        if self._slopes is None or abs(dt) > FARTHEST * abs(self._dt):
            return None
        thetas = [1.0 + self._nodes[stage] * dt / self._dt for stage in block]
        basis = [nested_slopes(theta, len(self._rows)) for theta in thetas]
        return self._rows.new_tensor(basis) @ self._rows @ self._slopes
