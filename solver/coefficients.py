"""Coefficients as tensors, made once for each dtype and device and shared by all solves. Nobody writes to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache

import torch
from torch import Tensor

from solver.tableau import Row


def constant(values: Row | tuple[Row, ...], like: Tensor) -> Tensor:
    """`values` as a tensor of the dtype and on the device of `like`."""
    made = _made(values, like.dtype, like.device)
    for holders in _holding:
        holders.append(made)
    return made


_holding: list[list[Tensor]] = []


@contextmanager
def held_constants() -> Iterator[list[Tensor]]:
    """Those that are asked for while entered. To hold them keeps them where they are when others take their place."""
    held: list[Tensor] = []
    _holding.append(held)
    try:
        yield held
    finally:
        _holding.remove(held)


@lru_cache(maxsize=2048)
def _made(values: Row | tuple[Row, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    with torch.inference_mode(False):  # what is made inside inference mode could never be recorded by autograd
        return torch.tensor(values, dtype=dtype, device=device)


def sent(values: Sequence[float] | Sequence[Sequence[float]], like: Tensor, dtype: torch.dtype | None = None) -> Tensor:
    """Numbers of the moment as a tensor like `like`, on their way to its device: nobody waits until they are there.

    CUDA takes a copy of pageable memory before the call returns, so that the tensor here may be let go.
    """
    return torch.tensor(values, dtype=dtype or like.dtype).to(like.device, non_blocking=True)
