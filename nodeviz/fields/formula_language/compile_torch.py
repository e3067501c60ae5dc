"""A formula as a torch function of its names, differentiable; imports torch, so only workers may import it."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import NamedTuple

import torch
from torch import Tensor

from nodeviz.fields.formula_language.compile_numpy import constant_value
from nodeviz.fields.formula_language.tree import (
    Apply,
    AsNumber,
    Choose,
    Compare,
    Condition,
    Every,
    Name,
    Not,
    Some,
    Value,
)


class Values(NamedTuple):
    """What the names stand for: tensors of the points' shape, or of shape () when the same at every point."""

    named: dict[str, Tensor]
    points: torch.Size

    def where(self, mask: Tensor) -> Values:
        """The same at the points where `mask` (of the points' shape) holds."""
        named = {name: value[mask] if value.shape == self.points else value for name, value in self.named.items()}
        return Values(named, torch.Size((int(mask.sum()),)))


Evaluate = Callable[[Values], Tensor]


def _hypot(a: Tensor, b: Tensor) -> Tensor:
    # The norm has a gradient of 0 at the origin, where torch.hypot has NaN; fields start there often.
    return torch.linalg.vector_norm(torch.stack(torch.broadcast_tensors(a, b)), dim=0)


def _heaviside(value: Tensor) -> Tensor:
    return torch.where(torch.isnan(value), value, (value >= 0).to(value.dtype))


def _sign(value: Tensor) -> Tensor:
    # torch.sign makes 0 of what is not a number.
    return torch.where(torch.isnan(value), value, torch.sign(value))


OPERATIONS: dict[str, Callable[..., Tensor]] = {
    "add": torch.add,
    "subtract": torch.sub,
    "multiply": torch.mul,
    "divide": torch.div,
    "negate": torch.neg,
    "sin": torch.sin,
    "cos": torch.cos,
    "tan": torch.tan,
    "asin": torch.asin,
    "acos": torch.acos,
    "atan": torch.atan,
    "atan2": torch.atan2,
    "sinh": torch.sinh,
    "cosh": torch.cosh,
    "tanh": torch.tanh,
    "exp": torch.exp,
    "log": torch.log,
    "log10": torch.log10,
    "sqrt": torch.sqrt,
    "abs": torch.abs,
    "sign": _sign,
    "floor": torch.floor,
    "ceil": torch.ceil,
    "min": lambda *values: reduce(torch.minimum, values),
    "max": lambda *values: reduce(torch.maximum, values),
    "pow": torch.pow,
    "mod": torch.remainder,
    "hypot": _hypot,
    "clip": lambda value, low, high: torch.minimum(torch.maximum(value, low), high),
    "heaviside": _heaviside,
    "sigmoid": torch.sigmoid,
    "softplus": lambda value: torch.logaddexp(value, torch.zeros_like(value)),
}
COMPARISONS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "<": torch.lt,
    "<=": torch.le,
    ">": torch.gt,
    ">=": torch.ge,
    "==": torch.eq,
    "!=": torch.ne,
}


def compile_torch(tree: Value) -> Evaluate:
    """The function that gives the tree's value at the points, of their shape or of shape ()."""
    constant = constant_value(tree)
    if constant is not None:
        # Of shape (): torch then keeps the dtype of the points it meets, and takes it on any device.
        number = torch.tensor(constant, dtype=torch.float64)
        return lambda values: number
    match tree:
        case Name(name):
            return lambda values: values.named[name]
        case Apply("pow", (base, exponent)):
            return _power(base, exponent)
        case Apply(operation, arguments):
            apply, below = OPERATIONS[operation], [compile_torch(argument) for argument in arguments]
            return lambda values: apply(*[evaluate(values) for evaluate in below])
        case AsNumber(condition):
            test = _condition(condition)
            return lambda values: test(values).to(_dtype(values))
        case Choose(condition, then, otherwise):
            return _choice(condition, then, otherwise)
    raise ValueError(f"No torch function is known for {tree!r}; this is a mistake in nodeviz.")


def _power(base: Value, exponent: Value) -> Evaluate:
    raised, fixed = compile_torch(base), constant_value(exponent)
    if fixed is not None:
        return lambda values: torch.pow(raised(values), fixed)
    to = compile_torch(exponent)
    return lambda values: torch.pow(raised(values), to(values))


def _choice(condition: Condition, then: Value, otherwise: Value) -> Evaluate:
    """Each branch is evaluated only where it is chosen.

    `torch.where` would multiply the other branch's gradient by 0, and 0 · inf is NaN: sqrt(x) if x > 0 else 0.
    """
    test, yes, no = _condition(condition), compile_torch(then), compile_torch(otherwise)

    def evaluate(values: Values) -> Tensor:
        chosen = test(values).expand(values.points)
        dtype = _dtype(values)
        result = torch.zeros(values.points, dtype=dtype, device=chosen.device)
        for mask, branch in ((chosen, yes), (~chosen, no)):
            among = values.where(mask)
            result = result.masked_scatter(mask, branch(among).to(dtype).expand(among.points))
        return result

    return evaluate


def _condition(node: Condition) -> Evaluate:
    match node:
        case Compare(comparison, left, right):
            compare, first, second = COMPARISONS[comparison], compile_torch(left), compile_torch(right)
            return lambda values: _on_device(compare(first(values), second(values)), values)
        case Every(parts):
            tests = [_condition(part) for part in parts]
            return lambda values: reduce(torch.logical_and, [test(values) for test in tests])
        case Some(parts):
            tests = [_condition(part) for part in parts]
            return lambda values: reduce(torch.logical_or, [test(values) for test in tests])
        case Not(part):
            opposite = _condition(part)
            return lambda values: torch.logical_not(opposite(values))


def _dtype(values: Values) -> torch.dtype:
    return values.named["x"].dtype


def _on_device(mask: Tensor, values: Values) -> Tensor:
    # Of two constants the comparison is made on the CPU.
    return mask.to(values.named["x"].device)
