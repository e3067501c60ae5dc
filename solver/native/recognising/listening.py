"""What does a field compute? One evaluation of it, listened to: every call of torch, and what its result means.

Real tensors go through the field, so that whatever it asks for is answered as in any evaluation. A call that has no
rule is not made: it ends the evaluation, before it could write to a tensor or look at a tensor's values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import Parameter
from torch.overrides import TorchFunctionMode

from solver.field import Field
from solver.native.recognising.calls import RULES, SHAPED, SIZES, Known, reshaped
from solver.native.recognising.meanings import Chain, Filled, Meaning, State, Time, Weight
from solver.native.recognising.refusal import NotUnderstoodError

_PEEKS = ("__bool__", "__float__", "__int__", "__index__", "item", "tolist", "numpy", "allclose", "equal")
_COMPARISONS = ("lt", "le", "gt", "ge", "eq", "ne", "__contains__")


def chain_of(field: Field, t: Tensor, y: Tensor, weights: Sequence[Tensor]) -> Chain:
    """The network that `field` evaluates at (t, y), where it is one. Raises `NotUnderstoodError`."""
    listener = Listener(t, y, weights)
    with torch.no_grad(), listener:
        dy = field(t, y)
    if not isinstance(dy, Tensor):
        raise NotUnderstoodError(f"It returns no tensor but {type(dy).__name__}.")
    return listener.network_behind(dy)


class Listener(TorchFunctionMode):
    """Hears every call of torch while it is entered."""

    def __init__(self, t: Tensor, y: Tensor, weights: Sequence[Tensor]) -> None:
        super().__init__()
        self._y = y
        self._known: dict[int, Known] = {id(each): Known(Weight(place), each) for place, each in enumerate(weights)}
        self._note(Time(), t)
        self._note(State(), y)

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        name, kwargs = _name(func), dict(kwargs or {})
        if name in SIZES:
            return func(*args, **kwargs)
        rule = reshaped if name in SHAPED else RULES.get(name)
        if rule is None:
            raise NotUnderstoodError(_unknown(name))
        if rule is reshaped:
            result = func(*args, **kwargs)
            meaning = _applied(rule, name, self._described(args), {"result": result})
        else:
            meaning = _applied(rule, name, self._described(args), {k: self._described(v) for k, v in kwargs.items()})
            result = func(*args, **kwargs)
        self._check(meaning, result, name)
        self._note(meaning, result)
        return result

    def network_behind(self, dy: Tensor) -> Chain:
        """What the result of the evaluation means: a network that ends with a linear layer, and bends in one way."""
        known = self._known.get(id(dy))
        if known is None or not isinstance(known.meaning, Chain) or dy.shape != self._y.shape:
            raise NotUnderstoodError("What it returns is no linear layer's result of the state's shape.")
        if known.meaning.bent:
            raise NotUnderstoodError("It ends with an activation and not with a linear layer.")
        if len(set(known.meaning.bends)) > 1:
            raise NotUnderstoodError(f"Its activations differ: {' and '.join(dict.fromkeys(known.meaning.bends))}.")
        return known.meaning

    def _note(self, meaning: Meaning, tensor: Tensor) -> None:
        self._known[id(tensor)] = Known(meaning, tensor)  # the tensor is kept, or its id would be given to another one

    def _described(self, value: Any) -> Any:
        """The same arguments with each tensor as a Known."""
        if isinstance(value, Tensor):
            if id(value) not in self._known:
                raise NotUnderstoodError(
                    f"It uses a tensor of shape {tuple(value.shape)} that comes from outside of it."
                )
            return self._known[id(value)]
        if type(value) in (tuple, list):
            return type(value)(map(self._described, value))
        return value

    def _check(self, meaning: Meaning, result: Any, name: str) -> None:
        y = self._y
        plain = isinstance(result, Tensor) and type(result) in (Tensor, Parameter) and result.device == y.device
        if not plain or (result.dtype != y.dtype and not isinstance(meaning, Filled)):
            raise NotUnderstoodError(f"{name} gives something of another kind than the state.")
        if isinstance(meaning, Chain) and result.shape != (*y.shape[:-1], meaning.layers[-1].outputs):
            raise NotUnderstoodError(
                f"{name} gives a tensor of shape {tuple(result.shape)}, not one row for each state."
            )
        if isinstance(meaning, State) and result.shape != y.shape:
            raise NotUnderstoodError(f"{name} gives another shape than the state's.")


def _name(func: Callable[..., Any]) -> str:
    """What a call is called; attributes of tensors come as the getters of their descriptors."""
    name = getattr(func, "__name__", "")
    return str(getattr(func.__self__, "__name__", "")) if name == "__get__" and hasattr(func, "__self__") else name


def _unknown(name: str) -> str:
    if name in _PEEKS:
        return "It takes numbers out of a tensor, to compute or decide with."
    if name in _COMPARISONS:
        return "It compares the values of tensors."
    if name.endswith("_") and not name.endswith("__"):
        return f"It changes a tensor in place, by {name}."
    return f"It uses {name}, which is no part of the networks that the kernel knows."


def _applied(rule: Callable[..., Meaning], name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Meaning:
    try:
        return rule(*args, **kwargs)
    except (TypeError, AttributeError) as trouble:  # arguments that the rule does not have
        raise NotUnderstoodError(f"It calls {name} in a way that is not known.") from trouble
