"""A formula as a numpy function of its names. Division by zero and the like give inf or NaN, never an exception."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nodeviz.fields.formula_language.names import names_in
from nodeviz.fields.formula_language.tree import (
    Apply,
    AsNumber,
    Choose,
    Compare,
    Condition,
    Every,
    Name,
    Not,
    Number,
    Some,
    Value,
)

Values = Mapping[str, NDArray[np.float64]]
Evaluate = Callable[[Values], NDArray[np.float64]]
Test = Callable[[Values], NDArray[np.bool_]]

OPERATIONS: dict[str, Callable[..., NDArray]] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "negate": np.negative,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "exp": np.exp,
    "log": np.log,
    "log10": np.log10,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "sign": np.sign,
    "floor": np.floor,
    "ceil": np.ceil,
    "min": lambda *values: reduce(np.minimum, values),
    "max": lambda *values: reduce(np.maximum, values),
    "pow": np.power,
    "mod": np.mod,
    "hypot": np.hypot,
    "clip": lambda value, low, high: np.minimum(np.maximum(value, low), high),
    "heaviside": lambda value: np.where(np.isnan(value), np.nan, np.greater_equal(value, 0.0)),
    "sigmoid": lambda value: 0.5 * (1.0 + np.tanh(0.5 * value)),
    "softplus": lambda value: np.logaddexp(value, 0.0),
}
COMPARISONS: dict[str, Callable[..., NDArray[np.bool_]]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


def compile_numpy(tree: Value) -> Callable[[Mapping[str, ArrayLike]], NDArray[np.float64]]:
    """The function that gives the tree's value, in float64, from its names' values (numbers or arrays)."""
    evaluate = _value(tree)

    def quietly(values: Mapping[str, ArrayLike]) -> NDArray[np.float64]:
        with np.errstate(all="ignore"):
            return evaluate({name: np.asarray(value, np.float64) for name, value in values.items()})

    return quietly


def constant_value(tree: Value) -> float | None:
    """The value of a tree without names, None of one that has names."""
    return None if names_in(tree) else float(compile_numpy(tree)({}))


def _value(node: Value) -> Evaluate:
    match node:
        case Number(number):
            constant = np.array(number)
            return lambda values: constant
        case Name(name):
            return lambda values: values[name]
        case Apply(operation, arguments):
            apply, below = OPERATIONS[operation], [_value(argument) for argument in arguments]
            return lambda values: apply(*[evaluate(values) for evaluate in below])
        case AsNumber(condition):
            test = _condition(condition)
            return lambda values: np.asarray(test(values), np.float64)
        case Choose(condition, then, otherwise):
            test, yes, no = _condition(condition), _value(then), _value(otherwise)
            return lambda values: np.where(test(values), yes(values), no(values))


def _condition(node: Condition) -> Test:
    match node:
        case Compare(comparison, left, right):
            compare, first, second = COMPARISONS[comparison], _value(left), _value(right)
            return lambda values: compare(first(values), second(values))
        case Every(parts):
            tests = [_condition(part) for part in parts]
            return lambda values: reduce(np.logical_and, [test(values) for test in tests])
        case Some(parts):
            tests = [_condition(part) for part in parts]
            return lambda values: reduce(np.logical_or, [test(values) for test in tests])
        case Not(part):
            opposite = _condition(part)
            return lambda values: np.logical_not(opposite(values))
