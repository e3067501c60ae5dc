"""What is known of each field that was solved: which network it is, or why it is none. Looked at once, kept weakly."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from types import FunctionType, MethodType
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from solver.field import Field
from solver.native.description import NativeField
from solver.native.recognising.kinds import is_readable
from solver.native.recognising.layout import Layout
from solver.native.recognising.listening import chain_of
from solver.native.recognising.looking import Root, look
from solver.native.recognising.refusal import NotUnderstoodError
from solver.native.recognising.seen import Seen, Standing

MOST_KINDS = 16
"""Of states and weights, that a field is listened to with."""
MOST_CHANGES = 20
SOLVES_FOR_A_CHANGE = 10
"""A field may change so often, and once more for every so many solves. One that changes more often is left to torch:
looking at it again and again would cost more than the kernel saves.
"""


PLAIN = (Tensor, nn.Parameter)


class Refused(NamedTuple):
    """Why a field is not recognised; no exception, which would hold on to what was evaluated."""

    reason: str


@dataclass(frozen=True)
class Recognised:
    """A field that is a network: how it is told to the kernel, its tensors, and those that want a gradient."""

    layout: Layout
    tensors: tuple[Tensor, ...]
    parameters: tuple[Tensor, ...]

    @property
    def field(self) -> NativeField:
        """As the kernel takes it, with weights that are a copy and outside of any graph."""
        return NativeField(self.layout.network, self.layout.packed(self.tensors))

    def cotangents(self, flat: Tensor) -> tuple[Tensor, ...]:
        """Of the parameters, from that of the flat weights: zero for those that the network does not have."""
        totals: dict[int, Tensor] = {}
        for tensor, part in zip(self.tensors, self.layout.unpacked(flat, self.tensors), strict=True):
            if part is not None:  # a tensor that is read in two places gets the sum
                totals[id(tensor)] = totals[id(tensor)] + part if id(tensor) in totals else part
        return tuple(totals[id(x)] if id(x) in totals else torch.zeros_like(x) for x in self.parameters)


class Looked(NamedTuple):
    """What a look at the code found, and the networks that were heard since, by the kind of states and weights."""

    seen: Seen | Refused
    networks: dict[Hashable, Layout | Refused]

    @classmethod
    def at(cls, root: Root) -> Looked:
        """What there is to see now."""
        try:
            return cls(look(root), {})
        except NotUnderstoodError as refusal:
            return cls(Refused(str(refusal)), {})


class Knowledge:
    """What is known of one field."""

    def __init__(self, root: Root) -> None:
        self._changes, self._solves = 0, 0
        self._looked = Looked.at(root)

    def recognised(
        self, root: Root, function: Field, parameters: Sequence[Tensor], t0: float, y0: Tensor
    ) -> Recognised:
        """The field as it is now. Raises `NotUnderstoodError`."""
        seen, networks = self._looked_again_if_changed(root)
        tensors = _of_one_kind(seen.tensors(root.free), y0)
        firsts: dict[int, int] = {}
        shared = tuple(firsts.setdefault(id(each), place) for place, each in enumerate(tensors))
        kind = (y0.shape, y0.dtype, shared, *(each.shape for each in tensors))
        layout = networks.get(kind)
        if layout is None:
            if len(networks) >= MOST_KINDS:
                networks.clear()
            layout = networks[kind] = _listened(function, tensors, t0, y0)
        if isinstance(layout, Refused):
            raise NotUnderstoodError(layout.reason)
        used = [tensors[piece.place] for piece in layout.pieces]
        if torch.is_grad_enabled() and any(x.requires_grad and not _is_among(x, parameters) for x in used):
            raise NotUnderstoodError("It depends on tensors that require gradients but are not among the parameters.")
        return Recognised(layout, tensors, tuple(parameters))

    def _looked_again_if_changed(self, root: Root) -> tuple[Seen, dict[Hashable, Layout | Refused]]:
        """What is seen of the field as it is now."""
        self._solves += 1
        for _ in range(2):
            seen, networks = self._looked  # both at once: another thread may look again meanwhile
            if isinstance(seen, Refused):
                raise NotUnderstoodError(seen.reason)
            standing = seen.standing(root.free)
            if standing is Standing.hooked:
                raise NotUnderstoodError("Hooks wait for it, or for a part of it, to be called.")
            if standing is Standing.same:
                return seen, networks
            self._changes += 1
            if self._changes > MOST_CHANGES + self._solves // SOLVES_FOR_A_CHANGE:
                self._looked = Looked(Refused(f"What its code reads changes too often: {self._changes} times."), {})
            else:
                self._looked = Looked.at(root)
        raise NotUnderstoodError("What its code reads changes while it is looked at.")


def _is_among(tensor: Tensor, others: Sequence[Tensor]) -> bool:
    return any(tensor is each for each in others)


def _of_one_kind(found: Sequence[object], y0: Tensor) -> tuple[Tensor, ...]:
    """What the field reads as tensors, where all of it is plain tensors like the state."""
    tensors = tuple(each for each in found if isinstance(each, Tensor) and type(each) in PLAIN)
    alike = all(
        each.dtype is y0.dtype and each.device == y0.device and each.layout is torch.strided for each in tensors
    )
    if len(tensors) < len(found) or not alike:
        raise NotUnderstoodError("It holds tensors that are no plain ones of the state's dtype and device.")
    return tensors


def _listened(function: Field, tensors: tuple[Tensor, ...], t0: float, y0: Tensor) -> Layout | Refused:
    """The network, or why it is none. What the field raises by itself is raised again by the solve that follows."""
    try:
        t = torch.scalar_tensor(t0, dtype=y0.dtype, device=y0.device)
        chain = chain_of(function, t, y0.detach(), tensors)
        return Layout.of(chain, tuple(each.numel() for each in tensors))
    except NotUnderstoodError as refusal:
        return Refused(str(refusal))
    except Exception as trouble:
        return Refused(f"Its evaluation fails: {type(trouble).__name__}.")


_KNOWN: WeakKeyDictionary[Any, dict[FunctionType | None, Knowledge]] = WeakKeyDictionary()
"""By the module, and the method that is the field, or by the code of a function, which may be made for each solve."""


def recognise(
    function: Field, parameters: Sequence[Tensor], t0: float, y0: Tensor, *, afresh: bool = False
) -> Recognised:
    """A module or function as a network of the kernel's. Raises `NotUnderstoodError`.

    `parameters` are those that want a gradient. A field of the same code that was refused before is looked at again
    only `afresh`.
    """
    root = _root(function)
    if torch.is_autocast_enabled("cpu"):
        raise NotUnderstoodError("Autocast is on.")
    known = _KNOWN.setdefault(root.anchor, {})
    if afresh or root.method not in known:
        known[root.method] = Knowledge(root)
    return known[root.method].recognised(root, function, parameters, t0, y0)


def _method(module: nn.Module, function: object) -> Root:
    if not is_readable(function):
        raise NotUnderstoodError("It is a method that is no plain function.")
    return Root(_root(module).module, function)


def _root(function: Field) -> Root:
    if isinstance(function, nn.Module):
        if type(function).__hash__ is not object.__hash__:
            raise NotUnderstoodError("It is a module with a hash of its own.")
        return Root(function, None)
    if is_readable(function):
        return Root(None, function)
    if type(function) is MethodType and isinstance(function.__self__, nn.Module):
        return _method(function.__self__, function.__func__)
    raise NotUnderstoodError(f"It is no module and no function but an object of the class {type(function).__name__}.")
