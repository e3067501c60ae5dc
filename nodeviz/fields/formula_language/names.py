"""Which names two formulas use, which of them are not declared yet, and what a parameter may be called."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

from nodeviz.fields.formula_language.functions import CONSTANTS, FUNCTIONS, VARIABLES
from nodeviz.fields.formula_language.parse import parse
from nodeviz.fields.formula_language.tree import Name, Value, walk

_PARAMETER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")


def names_in(tree: Value) -> tuple[Name, ...]:
    """Every name in the tree, in reading order, with where it stands."""
    return tuple(node for node in walk(tree) if isinstance(node, Name))


def undeclared(dx: str, dy: str, parameters: Iterable[str]) -> tuple[str, ...]:
    """Names the formulas use that are neither variables nor among `parameters`, each once, in reading order.

    The window offers a slider for each. Raises `FormulaError` when a formula cannot be read.
    """
    known = {*VARIABLES, *parameters}
    used = [name.name for text in (dx, dy) for name in names_in(parse(text))]
    return tuple(dict.fromkeys(name for name in used if name not in known))


def check_parameter_name(name: str) -> None:
    """Raises `ValueError` when a parameter may not be called so."""
    if not _PARAMETER_NAME.fullmatch(name):
        raise ValueError(f"A parameter's name is a letter, then up to 31 letters, digits or underscores; got {name!r}.")
    taken = name in VARIABLES or name in CONSTANTS or name in FUNCTIONS
    if taken or keyword.iskeyword(name):
        raise ValueError(f"{name!r} already means something in a formula; call the parameter otherwise.")
