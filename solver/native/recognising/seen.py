"""What the code of a field could read when it was looked at, and whether it is still the same: asked at every solve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import FunctionType
from typing import Any, NamedTuple
from weakref import ref

from torch import nn
from torch.nn.modules import module as module_hooks

from solver.native.recognising.kinds import is_data

MISSING = object()
"""Stands for what a mapping does not have."""


class Standing(Enum):
    """How a field compares with what was seen of it."""

    same = "the same"
    hooked = "the same, but hooks are waiting for it to be called"
    changed = "changed"


def is_same(found: object, seen: object) -> bool:
    """Whether a value is what was seen: the same object, or equal where it is plain data. Modules were seen weakly."""
    if found is seen:
        return True
    if type(seen) is ref:
        return found is seen()
    return type(found) is type(seen) and is_data(seen) and found == seen


def kept(value: object) -> object:
    """A value as it is kept to be compared with: modules weakly, for they are the field's, not ours."""
    return ref(value) if isinstance(value, nn.Module) else value


class Read(NamedTuple):
    """A name that was looked up somewhere, and what it stood for."""

    where: Mapping[str, Any]
    name: str
    value: object

    def is_same(self) -> bool:
        return is_same(self.where.get(self.name, MISSING), self.value)


@dataclass(frozen=True)
class SeenModule:
    """One module: its class, the attributes, parts and missing parameters that can be read, and no hooks.

    `whole` is for containers, whose parts are all read, in their order.
    """

    module: ref[nn.Module]
    kind: type[nn.Module]
    attributes: tuple[tuple[str, object], ...]
    parts: tuple[tuple[str, ref[nn.Module]], ...]
    absent: tuple[str, ...]
    whole: bool

    def standing(self) -> Standing:
        module = self.module()
        if type(module) is not self.kind or module is None:
            return Standing.changed
        own = module.__dict__
        for name, value in self.attributes:
            found = own.get(name, MISSING)
            if found is not value and not is_same(found, value):
                return Standing.changed
        parts, parameters = own["_modules"], own["_parameters"]
        if self.whole and list(parts) != [name for name, _ in self.parts]:
            return Standing.changed
        for name, part in self.parts:
            if parts.get(name) is not part():
                return Standing.changed
        for name in self.absent:
            if parameters.get(name) is not None:
                return Standing.changed
        watched = own["_forward_hooks"] or own["_forward_pre_hooks"]
        watched = watched or own["_backward_hooks"] or own["_backward_pre_hooks"]
        return Standing.hooked if watched else Standing.same


class Place(NamedTuple):
    """Where a tensor is read: as an attribute of a module, under a global name, or, with neither, in a closure."""

    module: ref[nn.Module] | None
    names: Mapping[str, Any] | None
    name: str

    def read(self, function: FunctionType | None) -> object:
        """What is there now; `function` is the field, where it is a function with a closure."""
        if self.module is not None:
            return getattr(self.module(), self.name, None)
        if self.names is not None:
            return self.names.get(self.name)
        return cells_of(function).get(self.name)


def cells_of(function: FunctionType | None) -> dict[str, object]:
    """What a function closes over, by name."""
    if function is None or not function.__closure__:
        return {}
    names = function.__code__.co_freevars
    return {name: _content(cell) for name, cell in zip(names, function.__closure__, strict=True)}


def _content(cell: Any) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # it is empty
        return MISSING


@dataclass(frozen=True)
class Seen:
    """All that the code of a field could read.

    `cells`, `defaults` and `spaces`, its globals, are those of a field that is a function: others have the same code.
    """

    modules: tuple[SeenModule, ...]
    reads: tuple[Read, ...]
    cells: tuple[tuple[str, object], ...]
    defaults: object
    spaces: Mapping[str, Any] | None
    places: tuple[Place, ...]

    def standing(self, function: FunctionType | None) -> Standing:
        """How the field compares now."""
        worst = Standing.same
        for module in self.modules:
            standing = module.standing()
            if standing is Standing.changed:
                return standing
            if standing is Standing.hooked:
                worst = standing
        for read in self.reads:
            if not read.is_same():
                return Standing.changed
        if function is not None and not self._is_of(function):
            return Standing.changed
        return Standing.hooked if _hooks_for_all() else worst

    def tensors(self, function: FunctionType | None) -> tuple[object, ...]:
        """What is now where it read tensors."""
        return tuple([place.read(function) for place in self.places])

    def _is_of(self, function: FunctionType) -> bool:
        if function.__globals__ is not self.spaces or function.__kwdefaults__:
            return False
        cells = cells_of(function)
        same = all(is_same(cells.get(name, MISSING), value) for name, value in self.cells)
        return same and is_same(function.__defaults__, self.defaults)


def _hooks_for_all() -> bool:
    """Whether someone waits for the call of any module at all."""
    return bool(
        module_hooks._global_forward_hooks
        or module_hooks._global_forward_pre_hooks
        or module_hooks._global_backward_hooks
        or module_hooks._global_backward_pre_hooks
    )
