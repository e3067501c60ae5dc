"""Read a formula: text -> tree, by an allow-list over Python's syntax tree, with errors that name the column."""

from __future__ import annotations

import ast
import math
from functools import lru_cache
from typing import NamedTuple

from nodeviz.fields.formula_language.functions import CONSTANTS, FUNCTIONS
from nodeviz.fields.formula_language.problem import FormulaError
from nodeviz.fields.formula_language.tokens import MAX_DEPTH, MAX_LENGTH, Token, check_order, tokens
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

MAX_NODES = 200

__all__ = ["MAX_DEPTH", "MAX_LENGTH", "MAX_NODES", "parse"]

_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.Mod: "mod",
    ast.Pow: "pow",
}
_COMPARED: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


@lru_cache(maxsize=256)
def parse(text: str) -> Value:
    """The tree of `text`. Raises `FormulaError`, and nothing else, when it is not a formula."""
    row = tokens(text)
    check_order(row)
    respelt = _respelt(row)
    read = _python_tree(respelt, row)
    _check_size(read, respelt)
    return _Reader(respelt).value(read)


class _Respelt(NamedTuple):
    """The formula as Python spells it, and where each of its tokens starts there and in what was typed."""

    text: str
    starts: tuple[int, ...]
    columns: tuple[int, ...]

    def column(self, offset: int) -> int:
        """The typed column of a position (from 0) in the respelt text."""
        known = [column for start, column in zip(self.starts, self.columns, strict=True) if start <= offset]
        return known[-1] if known else 1


def _respelt(row: tuple[Token, ...]) -> _Respelt:
    # Every number becomes a float, so no integer can grow without bound; ^ is what many type for a power.
    pieces, starts, length = [], [], 0
    for token in row:
        piece = token.text
        if token.kind == "number":
            value = float(piece)
            if not math.isfinite(value):
                raise FormulaError(token.column, f"{piece} is too large a number; the largest is about 1e308.")
            piece = repr(value)
        elif piece == "^":
            piece = "**"
        starts.append(length)
        pieces.append(piece)
        length += len(piece) + 1
    return _Respelt(" ".join(pieces), tuple(starts), tuple(token.column for token in row))


def _python_tree(respelt: _Respelt, row: tuple[Token, ...]) -> ast.expr:
    try:
        return ast.parse(respelt.text, mode="eval").body
    except SyntaxError as error:
        words = [token.text for token in row]
        if words.count("if") != words.count("else"):
            place = next(token for token in row if token.text in ("if", "else"))
            raise FormulaError(place.column, "if and else come in pairs; write a if x > 0 else b.") from error
        column = respelt.column((error.offset or 1) - 1)
        raise FormulaError(column, "this does not read as a formula; add parentheses to say what is meant.") from error
    except (RecursionError, MemoryError, ValueError) as error:
        raise FormulaError(1, "the formula nests too deeply; write it flatter.") from error


def _check_size(tree: ast.expr, respelt: _Respelt) -> None:
    count, waiting = 0, [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        count += 1
        column = respelt.column(node.col_offset)
        if depth > MAX_DEPTH:
            raise FormulaError(column, f"the formula nests deeper than {MAX_DEPTH}; write it flatter.")
        if count > MAX_NODES:
            raise FormulaError(column, f"the formula has more than {MAX_NODES} parts; write it shorter.")
        waiting.extend((below, depth + 1) for below in ast.iter_child_nodes(node) if isinstance(below, ast.expr))


class _Reader:
    """Turns the allowed part of Python's tree into ours."""

    def __init__(self, respelt: _Respelt) -> None:
        self._respelt = respelt

    def value(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(value=float(number)):
                return Number(number)
            case ast.Name(id=name):
                return Number(CONSTANTS[name]) if name in CONSTANTS else Name(name, self._column(node))
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.value(operand)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return Apply("negate", (self.value(operand),))
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _BINARY:
                return Apply(_BINARY[type(operator)], (self.value(left), self.value(right)))
            case ast.IfExp(test=test, body=body, orelse=otherwise):
                return Choose(self.condition(test), self.value(body), self.value(otherwise))
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._call(node, name, arguments)
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                return AsNumber(self.condition(node))
        raise self._not_allowed(node)

    def condition(self, node: ast.expr) -> Condition:
        match node:
            case ast.Compare(left=left, ops=operators, comparators=others):
                return self._comparison(node, [left, *others], operators)
            case ast.BoolOp(op=ast.And(), values=parts):
                return Every(tuple(self.condition(part) for part in parts))
            case ast.BoolOp(op=ast.Or(), values=parts):
                return Some(tuple(self.condition(part) for part in parts))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Not(self.condition(operand))
        raise FormulaError(self._column(node), "a condition is needed here; write a comparison such as x > 0.")

    def _call(self, node: ast.expr, name: str, arguments: list[ast.expr]) -> Value:
        function = FUNCTIONS.get(name)
        if function is None:
            raise self._not_allowed(node)
        if not function.fewest <= len(arguments) <= function.most:
            sentence = f"{name} takes {function.takes}, separated by commas; got {len(arguments)}."
            raise FormulaError(self._column(node), sentence)
        return Apply(name, tuple(self.value(argument) for argument in arguments))

    def _comparison(self, node: ast.expr, sides: list[ast.expr], operators: list[ast.cmpop]) -> Condition:
        if any(type(operator) not in _COMPARED for operator in operators):
            raise self._not_allowed(node)
        values = [self.value(side) for side in sides]
        pairs = tuple(
            Compare(_COMPARED[type(operator)], left, right)
            for operator, left, right in zip(operators, values, values[1:], strict=False)
        )
        return pairs[0] if len(pairs) == 1 else Every(pairs)

    def _column(self, node: ast.expr) -> int:
        return self._respelt.column(node.col_offset)

    def _not_allowed(self, node: ast.expr) -> FormulaError:
        sentence = "this is not part of a formula; write arithmetic, functions, or a if x > 0 else b."
        return FormulaError(self._column(node), sentence)
