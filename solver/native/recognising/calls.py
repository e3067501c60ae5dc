"""What functions of torch make of tensors whose meaning is known: one rule for each function.

A rule takes what the function takes, with each tensor as a `Known`, and returns the meaning of the result, or raises
`NotUnderstoodError`. Arguments that a rule does not have, such as `out=`, are not understood either.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from torch import Tensor

from solver.native.description import ACTIVATIONS
from solver.native.recognising.meanings import (
    Chain,
    Columns,
    Filled,
    Gate,
    Layer,
    Meaning,
    Moment,
    OnlyShape,
    State,
    Time,
    Weight,
)
from solver.native.recognising.refusal import NotUnderstoodError


class Known(NamedTuple):
    """A tensor and its meaning."""

    meaning: Meaning
    tensor: Tensor


Operand = Known | float | int
Rule = Callable[..., Meaning]


def linear(input: Known, weight: Known, bias: Known | None = None) -> Meaning:
    """input @ weight.T + bias, along the last axis."""
    matrix = _matrix(weight)
    columns = int(weight.tensor.shape[1])
    if isinstance(input.meaning, Time) and columns == 1:
        outputs = len(weight.tensor)
        return Moment(outputs, matrix, None if bias is None else _vector(bias, outputs))
    made = _begun(input.meaning, matrix, len(weight.tensor), columns)
    return made if bias is None else _with_bias(made, bias)


def product(input: Known, other: Known) -> Meaning:
    """input @ other, of a state and a matrix in either order."""
    if isinstance(input.meaning, Weight) and other.tensor.dim() == 1:
        return linear(other, input)
    matrix = _matrix(other)
    turned = replace(matrix, transposed=not matrix.transposed)
    return _begun(input.meaning, turned, *reversed(other.tensor.shape))


def affine_product(input: Known, mat1: Known, mat2: Known) -> Meaning:
    """input + mat1 @ mat2."""
    return _with_bias(product(mat1, mat2), input)


def _matrix(known: Known) -> Weight:
    if not isinstance(known.meaning, Weight) or known.tensor.dim() != 2:
        raise NotUnderstoodError("It multiplies the state by a matrix that is no weight.")
    return known.meaning


def _vector(known: Known, count: int) -> Weight:
    shape = known.tensor.shape
    if not isinstance(known.meaning, Weight) or not len(shape) or known.tensor.numel() != count or shape[-1] != count:
        raise NotUnderstoodError("It adds something to a layer that is no vector of weights of the layer's length.")
    return known.meaning


def _begun(input: Meaning, matrix: Weight, outputs: int, columns: int) -> Chain:
    """The chain that a matrix begins or goes on with."""
    column = None
    if isinstance(input, Columns):
        column = 0 if input.time_first else columns - 1
        input = input.rest
    layer = Layer(columns - (column is not None), outputs, matrix, time_column=column)
    if isinstance(input, State) and input.power in (1, 3):
        return Chain(input.power, (layer,))
    if isinstance(input, Chain) and input.bent:
        return replace(input, layers=(*input.layers, layer))
    if isinstance(input, Chain):
        raise NotUnderstoodError("Two of its linear layers have no activation between them.")
    raise NotUnderstoodError("A linear layer of it has another input than the state, y³, the time or what was bent.")


def _with_bias(made: Meaning, bias: Known) -> Meaning:
    last = _last(made)
    return _changed(made, bias=_vector(bias, last.outputs)) if last.bias is None and last.gate is None else _sums()


def _last(made: Meaning) -> Layer:
    if not isinstance(made, Chain) or made.bent:
        raise NotUnderstoodError("It adds to or multiplies something that is no linear layer's result.")
    return made.layers[-1]


def _gated(made: Chain, moment: Moment) -> Meaning:
    last = _last(made)
    timed = last.gate is not None or last.time is not None or last.time_column is not None
    return _sums() if timed or moment.outputs != last.outputs else _changed(made, gate=moment)


def _changed(made: Meaning, **parts: Any) -> Chain:
    """The chain with other parts of its last layer."""
    if not isinstance(made, Chain):
        raise NotUnderstoodError("It adds to or multiplies something that is no linear layer's result.")
    return replace(made, layers=(*made.layers[:-1], replace(made.layers[-1], **parts)))


def _sums() -> Meaning:
    raise NotUnderstoodError("It adds up what is no layer W x + b + t c, nor (W x + b) σ(g t + e) + s t.")


def add(input: Operand, other: Operand, alpha: float = 1) -> Meaning:
    """A bias, a shift in time, or the time in a column of zeros."""
    if not isinstance(input, Known) or not isinstance(other, Known) or alpha != 1:
        return _sums()
    for one, more in ((input, other), (other, input)):
        made, added = one.meaning, more.meaning
        if isinstance(made, Filled) and made.number == 0.0 and isinstance(added, Time):
            return added
        if isinstance(made, Moment) and isinstance(added, Weight) and made.bias is None:
            return replace(made, bias=_vector(more, made.outputs))
        if isinstance(made, Chain) and isinstance(added, Weight):
            return _with_bias(made, more)
        if isinstance(made, Chain) and isinstance(added, Moment):
            return _shifted(made, added)
    return _sums()


def _shifted(made: Chain, moment: Moment) -> Meaning:
    last = _last(made)
    if moment.outputs != last.outputs:
        return _sums()
    if last.gate is not None:
        free = last.shift is None and moment.bias is None
        return _changed(made, shift=moment.weight) if free else _sums()
    if last.time is not None or last.time_column is not None or (last.bias and moment.bias):
        return _sums()
    return _changed(made, time=moment.weight, bias=last.bias or moment.bias)


def multiply(input: Operand, other: Operand) -> Meaning:
    """A power of y, a gate, weights in the time, the time in a column of ones, or a layer's result by a number."""
    for one, number in ((input, other), (other, input)):
        if isinstance(one, Known) and isinstance(one.meaning, Chain) and not isinstance(number, Known):
            return _scaled(one.meaning, float(number))
    if isinstance(input, Known) and isinstance(other, Known):
        for one, more in ((input, other), (other, input)):
            made, factor = one.meaning, more.meaning
            if isinstance(made, State) and isinstance(factor, State):
                return State(made.power + factor.power)
            if isinstance(made, Chain) and isinstance(factor, Gate):
                return _gated(made, factor.moment)
            if isinstance(made, Time) and isinstance(factor, Weight):
                return Moment(more.tensor.numel(), _vector(more, more.tensor.numel()), None)
            if isinstance(made, Time) and isinstance(factor, Filled) and factor.number == 1.0:
                return made
    raise NotUnderstoodError("It multiplies what is no power of y, no layer and its gate, and no time and weights.")


def divide(input: Operand, other: Operand) -> Meaning:
    """A layer's result by a number."""
    if isinstance(input, Known) and isinstance(input.meaning, Chain) and not isinstance(other, Known) and other:
        return _scaled(input.meaning, 1.0 / float(other))
    raise NotUnderstoodError("It divides what is no layer's result, or by what is no number.")


def negative(input: Known) -> Meaning:
    """A layer's result times -1."""
    return multiply(input, -1.0)


def _scaled(made: Chain, number: float) -> Chain:
    return replace(made, layers=(*made.layers[:-1], _last(made).times(number)))


def power(input: Operand, exponent: Operand) -> Meaning:
    """y³."""
    if isinstance(input, Known) and isinstance(input.meaning, State) and exponent in (1, 2, 3):
        return State(input.meaning.power * int(exponent))
    raise NotUnderstoodError("It raises something to a power that is not y³.")


def side_by_side(tensors: Sequence[Known], dim: int = 0) -> Meaning:
    """The time beside the state."""
    if all(isinstance(each, Known) for each in tensors) and len(tensors) == 2:
        first, second = tensors
        last = dim in (-1, first.tensor.dim() - 1)
        for one, more, time_first in ((first, second, True), (second, first, False)):
            single = one.tensor.dim() > 0 and one.tensor.shape[-1] == 1
            if last and single and isinstance(one.meaning, Time) and isinstance(more.meaning, State | Chain):
                return Columns(more.meaning, time_first)
    raise NotUnderstoodError("It joins tensors that are not one column of the time and the state or a layer's result.")


def _stacked(tensors: Sequence[Known]) -> Meaning:
    """hstack joins along the last axis where there are two."""
    flat = all(isinstance(each, Known) and each.tensor.dim() <= 2 for each in tensors)
    return side_by_side(tensors, -1 if flat else 0)


def transposed(input: Known, *axes: int) -> Meaning:
    """A matrix of weights, turned."""
    turned = input.tensor.dim() == 2 and sorted(axis % 2 for axis in axes) in ([], [0, 1])
    if isinstance(input.meaning, Weight) and turned:
        return replace(input.meaning, transposed=not input.meaning.transposed)
    raise NotUnderstoodError("It transposes something that is no matrix of weights.")


def reshaped(input: Known, *_: object, result: Tensor, **__: object) -> Meaning:
    """The same numbers in another shape."""
    meaning, shape = input.meaning, result.shape
    if isinstance(meaning, Time | Filled) or shape == input.tensor.shape:
        return meaning
    if isinstance(meaning, Weight) and len(shape) and shape[-1] == input.tensor.numel() == result.numel():
        return meaning
    return OnlyShape()


def item(input: Known, *_: object) -> Meaning:
    """A slice: of the time it is the time, of other tensors only the shape is of use."""
    return input.meaning if isinstance(input.meaning, Time | Filled) else OnlyShape()


def filled(*_: object, number: float, dtype: object = None, device: object = None) -> Meaning:
    """A constant of whatever shape."""
    return Filled(number)


def filled_like(input: object, fill_value: Operand, dtype: object = None, device: object = None) -> Meaning:
    """The time, or a number, in the shape of something."""
    if isinstance(fill_value, Known):
        if isinstance(fill_value.meaning, Time):
            return fill_value.meaning
        raise NotUnderstoodError("It fills a tensor with something that is not the time.")
    return Filled(float(fill_value))


def bend(input: Known, name: str) -> Meaning:
    """An activation of the kernel's, after a linear layer."""
    if name not in ACTIVATIONS:
        raise NotUnderstoodError(f"The kernel has no {name}; it has {', '.join(ACTIVATIONS)}.")
    if not isinstance(input.meaning, Chain) or input.meaning.bent:
        raise NotUnderstoodError(f"It takes {name} of what is no linear layer's result.")
    return replace(input.meaning, bends=(*input.meaning.bends, name))


def sigmoid(input: Known) -> Meaning:
    """A gate that opens with time."""
    if not isinstance(input.meaning, Moment):
        return bend(input, "sigmoid")
    if input.meaning.bias is None:
        raise NotUnderstoodError("It has a gate σ(g t) without a bias; the kernel's are σ(g t + e).")
    return Gate(input.meaning)


def _softplus(input: Known, beta: float = 1, threshold: float = 20) -> Meaning:
    return bend(input, "softplus") if (beta, threshold) == (1, 20) else _other("softplus")


def _elu(input: Known, alpha: float = 1, inplace: bool = False) -> Meaning:
    return bend(input, "elu") if alpha == 1 and not inplace else _other("elu")


def _plain(input: Known, inplace: bool = False, *, name: str) -> Meaning:
    return _other(name) if inplace else bend(input, name)


def _gelu(input: Known, approximate: str = "none") -> Meaning:
    return bend(input, "gelu") if approximate == "tanh" else _other('gelu (the kernel has that of approximate="tanh")')


def _other(name: str) -> Meaning:
    raise NotUnderstoodError(f"It takes {name} with other settings than the kernel's, or in place.")


RULES: dict[str, Rule] = {
    "linear": linear,
    **dict.fromkeys(("matmul", "__matmul__", "mm", "mv"), product),
    "addmm": affine_product,
    **dict.fromkeys(("add", "__add__", "__radd__"), add),
    **dict.fromkeys(("mul", "multiply", "__mul__", "__rmul__"), multiply),
    **dict.fromkeys(("div", "divide", "true_divide"), divide),
    **dict.fromkeys(("neg", "negative"), negative),
    **dict.fromkeys(("pow", "__pow__"), power),
    **dict.fromkeys(("cat", "concat", "concatenate"), side_by_side),
    "hstack": _stacked,
    **dict.fromkeys(("t", "T", "mT", "transpose"), transposed),
    **dict.fromkeys(("ones", "ones_like", "new_ones"), partial(filled, number=1.0)),
    **dict.fromkeys(("zeros", "zeros_like", "new_zeros"), partial(filled, number=0.0)),
    "full": lambda size, fill_value, **kind: filled_like(None, fill_value, **kind),
    "full_like": filled_like,
    "__getitem__": item,
    "sigmoid": sigmoid,
    "tanh": partial(_plain, name="tanh"),
    "relu": partial(_plain, name="relu"),
    "silu": partial(_plain, name="silu"),
    "sin": partial(_plain, name="sine"),
    "softplus": _softplus,
    "elu": _elu,
    "gelu": _gelu,
}
"""By the name of the function, the method or the attribute."""

SHAPED = (
    *("view", "reshape", "expand", "expand_as", "unsqueeze", "squeeze", "repeat", "broadcast_to", "contiguous"),
    *("to", "type_as"),
)
"""Functions that keep the numbers, and whose meaning depends on the result's shape: the rule is `reshaped`."""

SIZES = ("shape", "size", "dim", "ndim", "numel", "__len__", "device", "dtype", "is_floating_point")
"""What may be asked of any tensor: it follows from the shape and the kind of the state, with which it is kept."""
