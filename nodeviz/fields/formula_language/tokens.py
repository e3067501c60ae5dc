"""Is the text a row of words in an order that can mean something? If not: where not, and what to write instead.

Python's own parser reads the formula afterwards; its complaints are about Python, so the common slips are caught
here first, in a student's terms (2x, sin x, ×, a lone =).
"""

from __future__ import annotations

import difflib
import keyword
import re
from typing import Literal, NamedTuple

from nodeviz.fields.formula_language.functions import CONSTANTS, FUNCTIONS, OTHER_SPELLINGS, VARIABLES
from nodeviz.fields.formula_language.problem import FormulaError

MAX_LENGTH = 500
MAX_DEPTH = 40

Kind = Literal["number", "name", "word", "operator", "open", "close", "comma"]

_PATTERN = re.compile(
    r"(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<operator>\*\*|//|<=|>=|==|!=|&&|\|\||[-+*/%^<>])"
    r"|(?P<open>\()|(?P<close>\))|(?P<comma>,)",
    re.ASCII,
)
_INFIX_WORDS = ("if", "else", "and", "or")
_INSTEAD = {
    "=": "write == to compare",
    "!": "write not, or != to compare",
    "&": "write and",
    "|": "write or, or abs(…)",
    "&&": "write and",
    "||": "write or",
    "//": "write floor(a/b)",
    "[": "write round parentheses",
    "]": "write round parentheses",
    "{": "write round parentheses",
    "}": "write round parentheses",
    ":": "write a if condition else b to choose",
    ";": "each formula is a single expression",
    ".": "a number needs a digit beside its point",
    "'": "primes and quotes mean nothing here",
    '"': "primes and quotes mean nothing here",
    "×": "write *",
    "·": "write *",
    "⋅": "write *",
    "÷": "write /",
    "−": "write - (a plain hyphen)",
    "–": "write - (a plain hyphen)",
    "²": "write **2",
    "³": "write **3",
    "√": "write sqrt(…)",
    "π": "write pi",
    "≤": "write <=",
    "≥": "write >=",
    "≠": "write !=",
}


class Token(NamedTuple):
    """One word of a formula and the column (from 1) where it starts."""

    kind: Kind
    text: str
    column: int


def tokens(text: str) -> tuple[Token, ...]:
    """The words of `text`. Raises `FormulaError` when it is empty, too long, or not a sequence of words."""
    if len(text) > MAX_LENGTH:
        raise FormulaError(MAX_LENGTH + 1, f"a formula has at most {MAX_LENGTH} characters; this has {len(text)}.")
    found, position = [], 0
    while position < len(text):
        if text[position] in " \t":
            position += 1
            continue
        token = _token_at(text, position)
        found.append(token)
        position += len(token.text)
    if not found:
        raise FormulaError(1, "the formula is empty; write for example -y, or 0.")
    return tuple(found)


def check_order(row: tuple[Token, ...]) -> None:
    """Raises `FormulaError` at the first word that cannot follow the one before it, or at unmatched parentheses."""
    opened: list[Token] = []
    value_due = True
    for i, token in enumerate(row):
        following = row[i + 1] if i + 1 < len(row) else None
        if token.kind in ("number", "name") or (token.kind == "open" and not _is_call(row, i)):
            _check_value_is_due(value_due, row, i)
        if token.kind == "name":
            _check_name(token, following)
        if token.kind == "open":
            opened.append(token)
            _check_depth(opened)
        elif token.kind in ("close", "comma"):
            _check_closing(token, opened, value_due, row[i - 1] if i else None)
            if token.kind == "comma" and not _is_call(row, row.index(opened[-1])):
                raise FormulaError(token.column, "a comma stands only between a function's values; remove it.")
        elif token.kind in ("operator", "word"):
            _check_operator(token, value_due)
        if token.kind == "close" and opened:
            opened.pop()
        value_due = token.kind not in ("number", "name", "close")
    if value_due:
        last = row[-1]
        raise FormulaError(last.column, f"the formula ends after {last.text!r}; a value is missing there.")
    if opened:
        raise FormulaError(opened[-1].column, "this parenthesis is never closed; write ) where it should end.")


def _token_at(text: str, position: int) -> Token:
    match = _PATTERN.match(text, position)
    found = match.group() if match else text[position]
    if match is None or found in _INSTEAD:
        advice = _INSTEAD.get(found, "a formula is made of numbers, names, + - * / ** ( ) and comparisons")
        raise FormulaError(position + 1, f"{found!r} is not part of a formula; {advice}.")
    kind: Kind = match.lastgroup  # type: ignore[assignment]  # the groups are named after the kinds
    if kind == "name" and keyword.iskeyword(found):
        if found not in (*_INFIX_WORDS, "not"):
            raise FormulaError(
                position + 1, f"{found!r} is not part of a formula; the words are if, else, and, or, not."
            )
        kind = "word"
    return Token(kind, found, position + 1)


def _is_call(row: tuple[Token, ...], i: int) -> bool:
    return i > 0 and row[i - 1].kind == "name"


def _check_value_is_due(value_due: bool, row: tuple[Token, ...], i: int) -> None:
    if not value_due:
        left, right = row[i - 1].text, row[i].text
        raise FormulaError(
            row[i].column, f"{left!r} and {right!r} stand side by side; write {left}*{right} for their product."
        )


def _check_name(token: Token, following: Token | None) -> None:
    called = following is not None and following.kind == "open"
    name = token.text
    if name.startswith("_"):
        raise FormulaError(token.column, f"{name!r} cannot be a name; names start with a letter.")
    if called and name not in FUNCTIONS:
        raise FormulaError(token.column, f"there is no function {name!r}; {_advice_for_function(name)}.")
    if not called and name in FUNCTIONS:
        raise FormulaError(token.column, f"{name!r} is a function; write what it is of in parentheses: {name}(x).")


def _advice_for_function(name: str) -> str:
    if name in VARIABLES or name in CONSTANTS:
        return f"write {name}*(…) for a product"
    known = OTHER_SPELLINGS.get(name.lower()) or next(iter(difflib.get_close_matches(name.lower(), FUNCTIONS)), None)
    if known:
        return f"write {known}(…)"
    return f"write {name}*(…) for a product, or one of {', '.join(FUNCTIONS)}"


def _check_depth(opened: list[Token]) -> None:
    if len(opened) > MAX_DEPTH:
        raise FormulaError(opened[-1].column, f"parentheses nest deeper than {MAX_DEPTH}; write it flatter.")


def _check_closing(token: Token, opened: list[Token], value_due: bool, before: Token | None) -> None:
    if not opened:
        advice = "remove it" if token.kind == "close" else "write a point, not a comma, in a decimal number"
        raise FormulaError(token.column, f"{token.text!r} has no ( before it; {advice}.")
    if value_due and before is not None:
        raise FormulaError(token.column, f"a value is missing between {before.text!r} and {token.text!r}.")


def _check_operator(token: Token, value_due: bool) -> None:
    prefix = token.text in ("+", "-", "not")
    if value_due and not prefix:
        raise FormulaError(token.column, f"a value is missing before {token.text!r}.")
    if not value_due and token.text == "not":
        raise FormulaError(token.column, "'not' cannot stand between two values; write and not, or or not.")
