"""Dense output: the weights that turn a step's stages into the solution anywhere inside it."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from solver.coefficients import constant, sent
from solver.tableau import Row, nested_basis


class Interpolant:
    """y(t + θ dt) = y + dt Σ b_i(θ) k_i, with b_i(θ) in the nested form that `solver.tableau` describes."""

    def __init__(self, rows: Sequence[Row], like: Tensor) -> None:
        self._rows = constant(tuple(rows), like)

    def weights(self, thetas: Sequence[float]) -> Tensor:
        """b_i(θ) as a matrix, one row for each θ, one column for each stage."""
        basis = [nested_basis(theta, len(self._rows)) for theta in thetas]
        return sent(basis, self._rows) @ self._rows
