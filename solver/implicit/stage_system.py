"""The linear systems of stages: (I - dt a_ij J_i) x = r for the stages of a block, factorised for every sample."""

from __future__ import annotations

import torch
from torch import Tensor


class StageSystem:
    """The matrix with the blocks δ_ij I - dt a_ij J_i, LU-factorised.

    `a` is (stages, stages); `blocks` is (stages, samples, dim, dim), or (1, samples, dim, dim) for all stages alike.
    Entries of a state beyond samples · dim have a Jacobian of zero. A singular matrix gives solutions that are not
    finite.
    """

    def __init__(self, a: Tensor, dt: float, blocks: Tensor) -> None:
        stages = len(a)
        _, self._samples, self._dim, _ = blocks.shape
        size = stages * self._dim
        coupling = torch.einsum("ij,inpq->nipjq", -dt * a, blocks.expand(stages, -1, -1, -1))
        matrix = coupling.reshape(self._samples, size, size)
        matrix.diagonal(dim1=-2, dim2=-1).add_(1.0)
        self._lu, self._pivots, _ = torch.linalg.lu_factor_ex(matrix)

    def solve(self, right: Tensor, *, transposed: bool = False) -> Tensor:
        """The solution for a right-hand side (stages, entries), of that shape."""
        stages, covered = len(right), self._samples * self._dim
        columns = right[:, :covered].view(stages, self._samples, self._dim).transpose(0, 1)
        columns = columns.reshape(self._samples, -1, 1)
        solved = torch.linalg.lu_solve(self._lu, self._pivots, columns, adjoint=transposed)
        solved = solved.view(self._samples, stages, self._dim).transpose(0, 1).reshape(stages, covered)
        return solved if covered == right.shape[1] else torch.cat((solved, right[:, covered:]), 1)
