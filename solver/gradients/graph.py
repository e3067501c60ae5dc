"""What hangs behind a result of autograd: the nodes of its graph, and the memory that they hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from torch import Tensor


def nodes_behind(result: Tensor, known: Iterable[Tensor]) -> Iterator[Any]:
    """Every node of the graph of `result` once, but none that made one of the `known` tensors."""
    seen: set[Any] = {None, *(x.grad_fn for x in known)}
    waiting: list[Any] = [result.grad_fn]
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            yield node
            waiting.extend(following for following, _ in node.next_functions)


def bytes_behind(result: Tensor, known: Sequence[Tensor]) -> int:
    """What `result`, its graph and the leaves of that keep in memory, without the storages of the `known` tensors."""
    return sum(storages_behind(result, known).values())


def storages_behind(result: Tensor, known: Sequence[Tensor]) -> dict[int, int]:
    """The same as storages: the address of each, and its bytes.

    Custom functions count with what they save for backward. (Hooks on saved tensors would see all of it, too, but not
    together with torch.func, which refuses them.)
    """
    sizes = dict([_storage(result)])
    for node in nodes_behind(result, known):
        sizes.update(_storage(tensor) for name in _saved_by(type(node)) for tensor in _tensors(getattr(node, name)))
    for tensor in known:
        sizes.pop(_storage(tensor)[0], None)
    return sizes


def _storage(tensor: Tensor) -> tuple[int, int]:
    """Where a tensor's memory is, and how many bytes."""
    storage = tensor.untyped_storage()
    return storage.data_ptr(), storage.nbytes()


def _saved_by(kind: type) -> tuple[str, ...]:
    """The attributes of such a node that hold what it saved, or the leaf that it stands for.

    Asked of each kind once: dir() is slow.
    """
    if kind not in _saved:
        names = dir(kind)
        _saved[kind] = tuple(n for n in names if n.startswith("_saved_") or n in ("saved_tensors", "variable"))
    return _saved[kind]


_saved: dict[type, tuple[str, ...]] = {}


def _tensors(saved: object) -> Sequence[Tensor]:
    if isinstance(saved, Tensor):
        return (saved,)
    return [x for x in saved if isinstance(x, Tensor)] if isinstance(saved, tuple | list) else ()
