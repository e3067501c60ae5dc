"""A device whose tensors hold nothing: what reads one fails there, and what mixes it with the CPU, as on a GPU."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

ELSEWHERE = "meta"


class _Crossings(TorchDispatchMode):
    def __torch_dispatch__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        found = func(*args, **(kwargs or {}))
        if func in (torch.ops.aten._to_copy.default, torch.ops.aten.copy_.default):
            devices = {each.device for each in (*args, found) if isinstance(each, Tensor)}
            if len(devices) > 1:
                raise AssertionError(f"{func} goes from one device to another: {devices}")
        return found


@contextmanager
def staying_there() -> Iterator[None]:
    """Fails when tensors go from one device to another, which cannot be recorded as a CUDA graph."""
    with _Crossings():
        yield
