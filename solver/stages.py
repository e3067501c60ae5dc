"""Where the stages of a step are kept: in one buffer, combined by one product, or on the autograd tape."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

import torch
from torch import Tensor


class Stages(Protocol):
    """Slopes k_0, k_1, … of flat states, and their linear combinations."""

    def put(self, place: int, slope: Tensor) -> None:
        """Keep `slope` as k_place."""
        ...

    def get(self, place: int) -> Tensor:
        """k_place. Valid until that place is put to again."""
        ...

    def first(self, count: int) -> Tensor:
        """A copy of the first `count` stages, one a row."""
        ...

    def advance(self, handed_on: int | None) -> None:
        """The step was accepted: k_handed_on, where there is one, is k_0 of the next."""
        ...

    def step(self, y: Tensor, weights: Tensor, dt: float | Tensor) -> Tensor:
        """y + dt Σ weights_i k_i, over the first len(weights) stages. A dt that is a tensor stays on its device."""
        ...

    def total(self, weights: Tensor) -> Tensor:
        """Σ weights_i k_i, over the first len(weights) stages, without a graph."""
        ...

    def rows(self, y: Tensor, weights: Tensor, dt: float) -> Tensor:
        """y + dt Σ weights_mi k_i for each row m of weights."""
        ...


class StageBuffer:
    """Stages in one preallocated matrix, so that a combination is one matrix-vector product. No graph."""

    def __init__(self, size: int, like: Tensor) -> None:
        self._matrix = like.new_zeros(size, like.numel())
        self._sum = torch.empty_like(self._matrix[0])
        self._slots = self._matrix.unbind()
        self._leading = [self._matrix[:count].t() for count in range(size + 1)]

    def put(self, place: int, slope: Tensor) -> None:
        self._slots[place].copy_(slope)

    def get(self, place: int) -> Tensor:
        return self._slots[place]

    def first(self, count: int) -> Tensor:
        return self._matrix[:count].clone()

    def advance(self, handed_on: int | None) -> None:
        if handed_on is not None:
            self._slots[0].copy_(self._slots[handed_on])

    def step(self, y: Tensor, weights: Tensor, dt: float | Tensor) -> Tensor:
        return _added(y, torch.mv(self._leading[weights.numel()], weights, out=self._sum), dt)

    def total(self, weights: Tensor) -> Tensor:
        return torch.mv(self._leading[weights.numel()], weights)

    def rows(self, y: Tensor, weights: Tensor, dt: float) -> Tensor:
        return _added(y, torch.mm(weights, self._matrix[: weights.shape[1]]), dt)


class StageTape:
    """Stages as a list of tensors with their graphs, for backpropagation through the solver."""

    def __init__(self, size: int, like: Tensor) -> None:
        self._slopes = [like] * size

    def put(self, place: int, slope: Tensor) -> None:
        self._slopes[place] = slope

    def get(self, place: int) -> Tensor:
        return self._slopes[place]

    def first(self, count: int) -> Tensor:
        return torch.stack(self._slopes[:count])

    def advance(self, handed_on: int | None) -> None:
        if handed_on is not None:
            self._slopes[0] = self._slopes[handed_on]

    def step(self, y: Tensor, weights: Tensor, dt: float | Tensor) -> Tensor:
        return combined(y, self._slopes, weights, dt)

    def total(self, weights: Tensor) -> Tensor:
        with torch.no_grad():
            return torch.mv(torch.stack(self._slopes[: weights.numel()]).t(), weights)

    def rows(self, y: Tensor, weights: Tensor, dt: float) -> Tensor:
        return _added(y, torch.mm(weights, torch.stack(self._slopes[: weights.shape[1]])), dt)


def combined(y: Tensor, slopes: Sequence[Tensor], weights: Tensor, dt: float | Tensor) -> Tensor:
    """y + dt Σ weights_i slopes_i on the tape, to the last bit as from a `StageBuffer`."""
    terms = [(place, weight) for place, weight in enumerate(_entries(weights)) if weight]
    if len(terms) > 1:
        return _added(y, torch.mv(torch.stack(tuple(slopes[: weights.numel()])).t(), weights), dt)
    (place, weight), *_ = terms or [(0, 0.0)]
    slope = slopes[place]  # for one term, as in most rows of rk4, there is nothing to stack
    return _added(y, slope if weight == 1.0 else slope * weight, dt)


@lru_cache(maxsize=2048)
def _entries(weights: Tensor) -> tuple[float, ...]:
    """The numbers in one of the tensors that `coefficients` shares among all solves."""
    return tuple(weights.tolist())


def _added(y: Tensor, slope: Tensor, dt: float | Tensor) -> Tensor:
    # The small sum is made first and rounded into y once; addmv would round every term into the larger y.
    if isinstance(dt, Tensor):
        return torch.addcmul(y, slope, dt.to(y.dtype))
    return torch.add(y, slope, alpha=dt)
