"""How often Python asks what a tensor holds: each time, it would wait for a GPU to do all that it was given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

READS = {
    torch.ops.aten._local_scalar_dense.default,  # item(), bool(), float(), int()
    torch.ops.aten.nonzero.default,  # how many there are is the shape
    torch.ops.aten.masked_select.default,
    torch.ops.aten.equal.default,
    torch.ops.aten.unique_dim.default,
    torch.ops.aten._unique2.default,
}


class HostReads(TorchDispatchMode):
    """Counts the reads of all tensors while entered."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        self.count += func in READS
        return func(*args, **(kwargs or {}))


@contextmanager
def counted_reads() -> Iterator[HostReads]:
    """Counts also what goes to a list at once, which no operation of torch tells."""
    with HostReads() as reads, pytest.MonkeyPatch.context() as patch:
        tolist = Tensor.tolist

        def counting(tensor: Tensor) -> Any:
            before = reads.count
            found = tolist(tensor)
            reads.count = before + 1
            return found

        patch.setattr(Tensor, "tolist", counting)
        yield reads
