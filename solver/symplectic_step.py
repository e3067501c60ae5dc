"""Steps of kicks and drifts: the two halves of a state move in turn, each along what the other one says."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from solver.coefficients import constant
from solver.field import FlatField
from solver.interpolation import Interpolant
from solver.method import Symplectic
from solver.step import MakeStages, Step


class SymplecticStepper:
    """Steps of a composition. Of every slope only the half that moves is kept; of the first one both, for outputs."""

    def __init__(self, method: Symplectic, field: FlatField, stages: MakeStages, like: Tensor) -> None:
        self._field = field
        self._nodes = method.nodes
        self._halves = halves(method, field, like)
        self._stages = stages(len(method.moves) + 1, like)
        self._weights = [constant((0.0, *method.moves[:count]), like) for count in range(len(method.moves) + 1)]
        self._interpolant = Interpolant(method.dense_rows, like)
        self._slope: Tensor | None = None
        self._y1 = like

    def start_from(self, slope: Tensor) -> None:
        self._slope = slope

    def first_slope(self, t: float, y: Tensor) -> Tensor:
        if self._slope is None:
            self._slope = self._field.evaluate(t, y)
        return self._slope

    def attempt(self, t: float, y: Tensor, dt: float) -> Step:
        slope = self.first_slope(t, y)
        self._stages.put(0, slope * self._halves[1])
        for move, node in enumerate(self._nodes):
            if move:
                slope = self._field.evaluate(t + node * dt, self._stages.step(y, self._weights[move], dt))
            self._stages.put(move + 1, slope * self._halves[move % 2])
        return Step(self._stages.step(y, self._weights[-1], dt), ())

    def outputs(self, t: float, y: Tensor, dt: float, thetas: Sequence[float]) -> Tensor:
        return self._stages.rows(y, self._interpolant.weights(thetas), dt)

    def slopes(self) -> Tensor | None:
        return None

    def accept(self) -> None:
        self._slope = None


def halves(method: Symplectic, field: FlatField, like: Tensor) -> tuple[Tensor, Tensor]:
    """Flat masks, 1 for the entries that kicks move (p), and for those that drifts move (q), else 0.

    Raises `ValueError` when the states have no halves.
    """
    size = field.shape[-1] if field.shape else 1
    if size % 2:
        raise ValueError(
            f"{method.name} moves q and p in turn, the two halves of a state's last axis, whose size must be even; "
            f"got shape {tuple(field.shape)}. Arrange the state as (q, p), or take another method."
        )
    kick = constant((0.0,) * (size // 2) + (1.0,) * (size // 2), like).repeat(like.numel() // size)
    return kick, 1 - kick
