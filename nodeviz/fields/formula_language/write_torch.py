"""A formula as Python source over torch, for the standalone script: an expression in x, y, t and self.parameter_…"""

from __future__ import annotations

import math
from collections.abc import Iterable

from nodeviz.fields.formula_language.compile_numpy import constant_value
from nodeviz.fields.formula_language.functions import VARIABLES
from nodeviz.fields.formula_language.tree import (
    Apply,
    AsNumber,
    Choose,
    Compare,
    Condition,
    Every,
    Name,
    Node,
    Not,
    Some,
    Value,
    walk,
)

_INFIX = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
_TORCH_NAMES = {"mod": "remainder"}
_FOLDED = {"min": "minimum", "max": "maximum"}

_CHOOSE = '''
def choose(condition, then, otherwise, x, y, t):
    """`then` where the condition holds, `otherwise` elsewhere, each evaluated only at its own points.

    torch.where would let a NaN gradient of the branch not taken through.
    """
    mask = condition(x, y, t).expand(x.shape)
    result = torch.zeros_like(x)
    for chosen, branch in ((mask, then), (~mask, otherwise)):
        at = [value[chosen] if value.shape == x.shape else value for value in (x, y, t)]
        result = result.masked_scatter(chosen, branch(*at).to(x.dtype).expand(at[0].shape))
    return result
'''
_HEAVISIDE = '''
def heaviside(value):
    """1 from zero up, 0 below; what is not a number stays so."""
    return torch.where(torch.isnan(value), value, (value >= 0.0).to(value.dtype))
'''
_SIGN = '''
def sign(value):
    """-1, 0 or 1; what is not a number stays so."""
    return torch.where(torch.isnan(value), value, torch.sign(value))
'''
_SOFTPLUS = '''
def softplus(value):
    """log(1 + exp(value)), without overflow."""
    return torch.logaddexp(value, torch.zeros_like(value))
'''
# What would name its argument twice is a function: written in place, formulas within formulas would grow exponentially.
_FUNCTIONS = {"heaviside": _HEAVISIDE, "sign": _SIGN, "softplus": _SOFTPLUS}


def write_torch(tree: Value) -> str:
    """The expression. It may call functions of ours, see `functions_called`."""
    constant = constant_value(tree)
    if constant is not None:
        return f"x.new_tensor({_number(constant)})"
    match tree:
        case Name(name):
            return name if name in VARIABLES else f"self.parameter_{name}"
        case Apply(operation, (left, right)) if operation in _INFIX:
            return f"({_operand(left)} {_INFIX[operation]} {_operand(right)})"
        case Apply("negate", (value,)):
            return f"(-{write_torch(value)})"
        case Apply("pow", (base, exponent)):
            return f"torch.pow({write_torch(base)}, {_operand(exponent)})"
        case Apply(operation, arguments):
            return _call(operation, [write_torch(argument) for argument in arguments])
        case AsNumber(condition):
            return f"({_condition(condition)}).to(x.dtype)"
        case Choose(condition, then, otherwise):
            branches = [_condition(condition), write_torch(then), write_torch(otherwise)]
            written = ", ".join(f"lambda x, y, t: {branch}" for branch in branches)
            return f"choose({written}, x, y, t)"
    raise ValueError(f"No source is known for {tree!r}; this is a mistake in nodeviz.")


def functions_called(trees: Iterable[Node]) -> list[str]:
    """The sources of the functions that the written expressions of `trees` call."""
    nodes = [node for tree in trees for node in walk(tree)]
    operations = {node.operation for node in nodes if isinstance(node, Apply)}
    chosen = [_CHOOSE] if any(isinstance(node, Choose) for node in nodes) else []
    return [source.strip() for source in chosen + [_FUNCTIONS[name] for name in _FUNCTIONS if name in operations]]


def _call(operation: str, arguments: list[str]) -> str:
    if operation in _FOLDED:
        written = arguments[0]
        for argument in arguments[1:]:
            written = f"torch.{_FOLDED[operation]}({written}, {argument})"
        return written
    if operation in _FUNCTIONS:
        return f"{operation}({', '.join(arguments)})"
    match operation, arguments:
        case "clip", [value, low, high]:
            return f"torch.minimum(torch.maximum({value}, {low}), {high})"
        case "hypot", [a, b]:
            return f"torch.linalg.vector_norm(torch.stack(torch.broadcast_tensors({a}, {b})), dim=0)"
    return f"torch.{_TORCH_NAMES.get(operation, operation)}({', '.join(arguments)})"


def _operand(node: Value) -> str:
    constant = constant_value(node)
    return write_torch(node) if constant is None else _number(constant)


def _number(value: float) -> str:
    if math.isfinite(value):
        return f"({value!r})" if value < 0 else repr(value)
    return f'float("{value}")'


def _condition(node: Condition) -> str:
    match node:
        case Compare(comparison, left, right):
            return f"({write_torch(left)} {comparison} {write_torch(right)})"
        case Every(parts):
            return "(" + " & ".join(_condition(part) for part in parts) + ")"
        case Some(parts):
            return "(" + " | ".join(_condition(part) for part in parts) + ")"
        case Not(part):
            return f"(~{_condition(part)})"
