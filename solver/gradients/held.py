"""How much memory a pullback holds on to until it is called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from types import FunctionType, MethodType

from torch import Tensor
from torch.nn import Module

from solver.gradients.graph import storages_behind


def bytes_held(pullback: object, field: object, known: Sequence[Tensor]) -> int:
    """What its arguments, what it is bound to and what it encloses hold, without the field and the `known` tensors."""
    sizes: dict[int, int] = {}
    for tensor in _tensors_in(pullback, field):
        sizes.update(storages_behind(tensor, known))
    return sum(sizes.values())


def _tensors_in(something: object, field: object) -> Iterator[Tensor]:
    seen, waiting = {id(field)}, [something]
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, Tensor):
            yield each
        elif not isinstance(each, Module | type):
            waiting += _parts_of(each)


def _parts_of(something: object) -> Sequence[object]:
    if isinstance(something, tuple | list):
        return something
    if isinstance(something, dict):
        return list(something.values())
    if isinstance(something, partial):
        return [something.func, *something.args, *something.keywords.values()]
    if isinstance(something, MethodType):
        return [something.__self__]
    if isinstance(something, FunctionType):
        return [cell.cell_contents for cell in something.__closure__ or ()]
    return list(getattr(something, "__dict__", {}).values())
