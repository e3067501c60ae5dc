"""Which values may the code of a field read? Numbers, tensors, modules and functions that are known or can be read."""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any, TypeGuard

import torch
from torch import Tensor, nn
from torch.nn import functional

from solver.native.recognising.calls import RULES, SHAPED, SIZES

NAMESPACES: tuple[ModuleType, ...] = (torch, nn, functional, math)
NAMES = frozenset(
    {*RULES, *SHAPED, *SIZES, "nn", "functional", "Tensor", "pi", "float32", "float64"} - {"__getitem__", "__len__"}
)
"""Attributes that code may look up on whatever it has: of tensors and of the namespaces. None of them writes."""

LAYERS: dict[type[nn.Module], tuple[str, ...]] = {
    nn.Linear: (),
    nn.Identity: (),
    nn.Sequential: (),
    nn.ModuleList: (),
    nn.Tanh: (),
    nn.Sigmoid: (),
    nn.SiLU: ("inplace",),
    nn.ReLU: ("inplace",),
    nn.ELU: ("alpha", "inplace"),
    nn.GELU: ("approximate",),
    nn.Softplus: ("beta", "threshold"),
}
"""Modules of torch that only call torch, with what they read besides their weights."""

CALLS: dict[type[nn.Module], tuple[str, ...]] = {
    nn.Module: ("__call__", "_call_impl"),
    **dict.fromkeys(LAYERS, ("forward",)),
}
ORIGINAL = {(kind, name): vars(kind).get(name) for kind, names in CALLS.items() for name in names}
"""What calling a module runs, as it was when this was imported: some tools put something of their own in its place."""

CONTAINERS = (nn.Sequential, nn.ModuleList)

BUILT_IN = frozenset(
    vars(builtins)[name]
    for name in (
        *("range", "len", "enumerate", "zip", "reversed", "isinstance", "super", "tuple", "list", "int", "float"),
        *("ValueError", "TypeError", "RuntimeError", "NotImplementedError", "AssertionError"),
    )
)


def _functions() -> frozenset[Callable[..., Any]]:
    places = (torch, functional, Tensor)
    found = (vars(place).get(name) for place in places for name in (*RULES, *SHAPED))
    return frozenset(each for each in found if callable(each))


FUNCTIONS = _functions()
"""Those of torch that have a rule."""


def is_data(value: object) -> bool:
    """Whether it is a plain value that nobody can change in place."""
    if isinstance(value, tuple):
        return type(value) is tuple and all(map(is_data, value))
    return value is None or type(value) in (bool, int, float, str, torch.dtype, torch.device)


def is_harmless(value: object) -> bool:
    """Whether reading it, and calling it where it can be called, does nothing but return a value."""
    if is_data(value) or any(value is space for space in NAMESPACES) or value is Tensor:
        return True
    return callable(value) and _hashable(value) and (value in FUNCTIONS or value in BUILT_IN)


def is_readable(value: object) -> TypeGuard[FunctionType]:
    """Whether it is a function whose code can be read."""
    return type(value) is FunctionType


def _hashable(value: object) -> bool:
    return type(value).__hash__ is not None


def article(value: object) -> str:
    """What a value is, for a sentence."""
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
