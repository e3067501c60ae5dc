"""What can the code of a field read? Everything that it names is followed, and must be known to write nothing.

The code is not run. Names are followed without regard to what they are looked up on: each attribute that any of the
code names must, on every module within reach that has it, be a plain value, a tensor, a module or a readable function,
and be among the names of `kinds.NAMES` where no module has it. That is more than the code reads, and never less.
"""

from __future__ import annotations

import builtins
from abc import ABC
from collections.abc import Iterator
from types import FunctionType
from typing import Generic
from weakref import ref

from torch import Tensor, nn

from solver.native.recognising.kinds import (
    CALLS,
    CONTAINERS,
    LAYERS,
    NAMES,
    ORIGINAL,
    article,
    is_data,
    is_harmless,
    is_readable,
)
from solver.native.recognising.refusal import NotUnderstoodError
from solver.native.recognising.seen import MISSING, Place, Read, Seen, SeenModule, cells_of, kept
from solver.native.recognising.vocabulary import vocabulary

HARMLESS_METHODS = frozenset(
    (
        *("__module__", "__qualname__", "__doc__", "__annotations__", "__annotate__", "__annotate_func__"),
        *("__annotations_cache__", "__dict__", "__weakref__", "__firstlineno__", "__static_attributes__"),
        *("__orig_bases__", "__parameters__", "__abstractmethods__", "__constants__", "__type_params__"),
        *("__init__", "__repr__", "__str__", "__getstate__", "__setstate__", "__reduce__", "__deepcopy__"),
    )
)
"""Of classes: they are not called by calling a module."""

ALWAYS = ("forward", "_compiled_call_impl")
"""Attributes that decide what calling a module does."""


class Root:
    """A field: a module, a `method` of one, or a `free` function, whose closure counts."""

    def __init__(self, module: nn.Module | None, function: FunctionType | None) -> None:
        self.module = module
        self.method: FunctionType | None = None if module is None else function
        self.free: FunctionType | None = function if module is None else None

    @property
    def anchor(self) -> object:
        """What knowledge of it is kept by: the module, or the code. Functions are often made anew for each solve."""
        return self.module if self.free is None else self.free.__code__


def look(root: Root) -> Seen:
    """All that the field's code can read. Raises `NotUnderstoodError` where that could be more than values."""
    return _Look(root).seen()


class _Look:
    """Follows names until there are no new ones."""

    def __init__(self, root: Root) -> None:
        self._root = root
        self._names: set[str] = set(ALWAYS)
        self._modules: dict[int, nn.Module] = {}
        self._functions: dict[int, FunctionType] = {}
        self._reads: dict[tuple[int, str], Read] = {}
        self._cells: dict[str, object] = {}
        self._places: dict[tuple[int, str], Place] = {}
        self._scanned: set[int] = set()

    def seen(self) -> Seen:
        root = self._root
        if root.module is not None:
            self._add_module(root.module)
        for function in (root.method, root.free):
            if function is not None:
                self._functions[id(function)] = function
        size = -1
        while size != (size := len(self._names) + len(self._modules) + len(self._functions)):
            for function in list(self._functions.values()):
                self._read(function)
            for module in list(self._modules.values()):
                self._follow(module)
        self._refuse_unknown_names()
        free = root.free
        return Seen(
            tuple(map(self._seen_module, self._modules.values())),
            tuple(self._reads.values()),
            tuple(self._cells.items()),
            None if free is None else free.__defaults__,
            None if free is None else free.__globals__,
            tuple(self._places.values()),
        )

    def _read(self, function: FunctionType) -> None:
        """Follow the globals and the closure of a function, once."""
        if id(function) in self._scanned:
            return
        self._scanned.add(id(function))
        named, name = vocabulary(function.__code__), function.__qualname__
        self._names |= named.attributes
        if not is_data(function.__defaults__) or function.__kwdefaults__:
            raise NotUnderstoodError(f"{name} has defaults that are no plain values.")
        cells = cells_of(function)
        for each in named.cells - {"__class__"}:
            if function is not self._root.free:
                raise NotUnderstoodError(f"{name} closes over {each}.")
            self._reach(cells.get(each, MISSING), f"{each}, which {name} closes over", Place(None, None, each))
            if not isinstance(cells[each], Tensor):
                self._cells[each] = kept(cells[each])
        spaces = function.__globals__
        for each in named.globals:
            value = spaces.get(each, MISSING)
            builtin = vars(builtins).get(each, MISSING)
            found = builtin if value is MISSING else value
            self._reach(found, f"the global {each}", Place(None, spaces, each))
            if not isinstance(value, Tensor):
                self._reads[id(spaces), each] = Read(spaces, each, kept(value))

    def _reach(self, value: object, what: str, place: Place) -> None:
        """Go on with something that code reads, or refuse it."""
        if isinstance(value, nn.Module):
            self._add_module(value)
        elif isinstance(value, Tensor):
            owner = place.module if place.module is not None else place.names
            self._places[id(owner if place.module is None else place.module()), place.name] = place
        elif not is_harmless(value):
            if not is_readable(value):
                raise NotUnderstoodError(f"It reads {what}, {article(value)}.")
            self._functions[id(value)] = value

    def _add_module(self, module: nn.Module) -> None:
        if id(module) in self._modules:
            return
        for kind in own_classes(type(module)):
            unusual = [name for name in vars(kind) if name[:2] == name[-2:] == "__" and name not in HARMLESS_METHODS]
            if unusual:
                raise NotUnderstoodError(f"Its {kind.__name__} has a method {unusual[0]}.")
        for kind in type(module).__mro__:
            for name in CALLS.get(kind, ()):
                value = self._read_of_class(kind, name)
                if value is not ORIGINAL[kind, name]:
                    raise NotUnderstoodError(f"Somebody has changed torch's {kind.__name__}.{name}.")
        self._modules[id(module)] = module

    def _follow(self, module: nn.Module) -> None:
        """Reach what the names that are used so far stand for on this module."""
        own, kind, called = vars(module), type(module), type(module).__name__
        known = kind in LAYERS
        if vars(module).get("_compiled_call_impl") is not None or (known and "forward" in own):
            raise NotUnderstoodError(f"Calling its {called} does something else than the class says.")
        if isinstance(module, CONTAINERS):
            for part in module._modules.values():
                if part is not None:
                    self._add_module(part)
        for name, value in module._parameters.items():
            if value is not None and (name in self._names or any(base in LAYERS for base in kind.__mro__)):
                self._reach(value, "", Place(ref(module), None, name))
        if known:
            return
        for name in self._names - {"_compiled_call_impl"}:
            for where in (own, module._modules, module._buffers):
                if name in where:
                    self._reach(where[name], f"{called}.{name}", Place(ref(module), None, name))
            for base in own_classes(kind):
                if name in vars(base):
                    self._reach_of_class(base, name)

    def _reach_of_class(self, base: type, name: str) -> None:
        value = self._read_of_class(base, name)
        value = value.__func__ if isinstance(value, staticmethod) else value
        if not is_harmless(value) and not is_readable(value):
            raise NotUnderstoodError(f"It reads {base.__name__}.{name}, {article(value)}.")
        if is_readable(value):
            self._functions[id(value)] = value

    def _read_of_class(self, base: type, name: str) -> object:
        value = vars(base).get(name)
        self._reads[id(base), name] = Read(vars(base), name, MISSING if value is None else value)
        return value

    def _refuse_unknown_names(self) -> None:
        found = {name for module in self._modules.values() for name in _names_of(module)}
        strange = sorted(self._names - found - NAMES - set(ALWAYS))
        if strange:
            raise NotUnderstoodError(f"It uses {', '.join(strange)}, which the kernel's side does not know.")

    def _seen_module(self, module: nn.Module) -> SeenModule:
        own, kind = vars(module), type(module)
        names = {*ALWAYS, *(name for base in kind.__mro__ for name in LAYERS.get(base, ()))}
        if kind not in LAYERS:
            names |= self._names & set(_names_of(module))
        plain = tuple(
            (name, kept(own.get(name, MISSING))) for name in sorted(names) if not isinstance(own.get(name), Tensor)
        )
        whole = isinstance(module, CONTAINERS)
        parts = {name: part for name, part in module._modules.items() if whole or name in self._names}
        absent = tuple(name for name, value in module._parameters.items() if value is None)
        return SeenModule(
            ref(module),
            kind,
            plain,
            tuple((name, ref(part)) for name, part in parts.items() if part is not None),
            absent,
            whole,
        )


def _names_of(module: nn.Module) -> Iterator[str]:
    """What can be looked up on a module, but for what all modules have."""
    yield from vars(module)
    yield from (*module._parameters, *module._buffers, *module._modules)
    for base in own_classes(type(module)):
        yield from vars(base)


def own_classes(kind: type) -> Iterator[type]:
    """The classes a module is made by, but for known ones of torch. Raises `NotUnderstoodError` for torch's others."""
    for base in kind.__mro__:
        if base in LAYERS or base in (nn.Module, object, ABC, Generic):
            continue
        if base.__module__.partition(".")[0] == "torch":
            raise NotUnderstoodError(f"It has a part of the kind {base.__name__}, which the kernel does not know.")
        yield base
