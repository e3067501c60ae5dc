"""How much memory a piece of work keeps: what was allocated in it and is still in use after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Kept(NamedTuple):
    """What the work gave, and the bytes that live on with it, the result's own among them."""

    result: Any
    bytes: int


def kept_by(work: Callable[[], Any]) -> Kept:
    """Do `work` and count: tensors saved for a backward pass, whoever holds them, and what is returned.

    Everything is counted that an operation of torch made, on any level below autograd; tensors that were there before
    are not. A solve that is watched so is made by torch's operations alone.
    """
    with _Watch() as watch:
        result = work()
    return Kept(result, watch.living_bytes())


class _Watch(TorchDispatchMode):
    """Notes, without holding it, every storage that an operation makes."""

    def __init__(self) -> None:
        super().__init__()
        # By address. A reference, even one that has expired, keeps the address from being given to another storage.
        self._made: dict[int, _Made] = {}
        self._before: dict[int, StorageWeakRef] = {}

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # for a compiler that is not used here, torch would import a second's worth of modules

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        for storage in _storages((args, kwargs)):
            if storage._cdata not in self._made:
                self._before.setdefault(storage._cdata, StorageWeakRef(storage))
        result = func(*args, **(kwargs or {}))
        for storage in _storages(result):
            if storage._cdata not in self._before:
                self._made[storage._cdata] = _Made(StorageWeakRef(storage), storage.nbytes())
        return result

    def living_bytes(self) -> int:
        """Of the storages made that are still in use."""
        return sum(made.bytes for made in self._made.values() if not made.reference.expired())


class _Made(NamedTuple):
    reference: StorageWeakRef
    bytes: int


def _storages(tree: Any) -> list[torch.UntypedStorage]:
    return [leaf.untyped_storage() for leaf in tree_leaves(tree) if isinstance(leaf, torch.Tensor)]
