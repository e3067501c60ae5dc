"""Which names does a function's code use, and can running it do anything but return a value? From the bytecode alone.

Nothing is run. An instruction that is not in the list below, be it of a later Python, refuses the function: what
writes (to attributes, globals, items, cells), imports, opens a context, catches or makes functions is left out of it.
Methods that write, such as `append`, are no instructions; they are kept out by their names (`readings`).
"""

from __future__ import annotations

import dis
from functools import lru_cache
from types import CodeType
from typing import NamedTuple

from solver.native.recognising.refusal import NotUnderstoodError

_LOADS = """LOAD_CONST LOAD_SMALL_INT LOAD_FAST LOAD_FAST_CHECK LOAD_FAST_BORROW LOAD_FAST_LOAD_FAST
    LOAD_FAST_BORROW_LOAD_FAST_BORROW LOAD_GLOBAL LOAD_DEREF LOAD_ATTR LOAD_METHOD LOAD_SUPER_ATTR PUSH_NULL KW_NAMES
    LOAD_ASSERTION_ERROR LOAD_COMMON_CONSTANT"""
_LOCALS = "STORE_FAST STORE_FAST_LOAD_FAST STORE_FAST_STORE_FAST DELETE_FAST COPY_FREE_VARS"
_VALUES = """UNARY_NEGATIVE UNARY_POSITIVE UNARY_NOT BINARY_OP BINARY_SUBSCR BINARY_SLICE COMPARE_OP IS_OP CONTAINS_OP
    BUILD_TUPLE BUILD_LIST BUILD_SLICE BUILD_STRING LIST_APPEND LIST_EXTEND LIST_TO_TUPLE BUILD_MAP
    BUILD_CONST_KEY_MAP DICT_MERGE UNPACK_SEQUENCE FORMAT_VALUE FORMAT_SIMPLE FORMAT_WITH_SPEC CONVERT_VALUE"""
_CALLS = "PRECALL CALL CALL_KW CALL_FUNCTION_EX RETURN_VALUE RETURN_CONST RAISE_VARARGS"
_JUMPS = """GET_ITER FOR_ITER END_FOR POP_ITER JUMP_FORWARD JUMP_BACKWARD JUMP_BACKWARD_NO_INTERRUPT TO_BOOL NOT_TAKEN
    JUMP_IF_FALSE_OR_POP JUMP_IF_TRUE_OR_POP POP_JUMP_IF_FALSE POP_JUMP_IF_TRUE POP_JUMP_IF_NONE POP_JUMP_IF_NOT_NONE
    POP_JUMP_FORWARD_IF_FALSE POP_JUMP_FORWARD_IF_TRUE POP_JUMP_FORWARD_IF_NONE POP_JUMP_FORWARD_IF_NOT_NONE
    POP_JUMP_BACKWARD_IF_FALSE POP_JUMP_BACKWARD_IF_TRUE POP_JUMP_BACKWARD_IF_NONE POP_JUMP_BACKWARD_IF_NOT_NONE"""
_REST = "RESUME NOP CACHE EXTENDED_ARG POP_TOP SWAP COPY"
INSTRUCTIONS = frozenset(" ".join((_LOADS, _LOCALS, _VALUES, _CALLS, _JUMPS, _REST)).split())
"""Of CPython 3.11 to 3.14."""

ATTRIBUTE_LOADS = ("LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR")
WRITES = {
    "STORE_ATTR": "sets the attribute {}",
    "DELETE_ATTR": "deletes the attribute {}",
    "STORE_GLOBAL": "sets the global {}",
    "STORE_DEREF": "sets {}, which other functions see",
    "STORE_SUBSCR": "sets an item of something",
    "IMPORT_NAME": "imports {}",
    "BEFORE_WITH": "opens a context (with)",
    "LOAD_SPECIAL": "opens a context (with)",
    "PUSH_EXC_INFO": "catches exceptions",
    "MAKE_FUNCTION": "makes functions or comprehensions inside",
    "MAKE_CELL": "makes functions or comprehensions inside",
    "LOAD_FAST_AND_CLEAR": "makes functions or comprehensions inside",
    "RETURN_GENERATOR": "is a generator",
}
"""What the commonest of the refused instructions do."""


class Vocabulary(NamedTuple):
    """The names that a function's code looks up."""

    globals: frozenset[str]
    cells: frozenset[str]
    attributes: frozenset[str]


@lru_cache(maxsize=256)
def vocabulary(code: CodeType) -> Vocabulary:
    """The names in `code`. Raises `NotUnderstoodError` where it could do more than read and return."""
    names: dict[str, set[str]] = {"LOAD_GLOBAL": set(), "LOAD_DEREF": set(), "LOAD_ATTR": set()}
    for instruction in dis.get_instructions(code):
        kind = instruction.opname
        if kind not in INSTRUCTIONS:
            does = WRITES.get(kind, f"has the instruction {kind}").format(instruction.argval)
            raise NotUnderstoodError(f"{code.co_qualname} {does}.")
        if kind in ATTRIBUTE_LOADS:
            kind = "LOAD_ATTR"
        if kind in names:
            names[kind].add(instruction.argval)
    return Vocabulary(*map(frozenset, names.values()))
