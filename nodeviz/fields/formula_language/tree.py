"""What a formula means once it is read: a tree of frozen nodes, values and conditions apart."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Number:
    """A constant."""

    value: float


@dataclass(frozen=True, slots=True)
class Name:
    """A variable or a parameter, and the column where it stands."""

    name: str
    column: int


@dataclass(frozen=True, slots=True)
class Apply:
    """An operation on values: one of `ARITHMETIC` or of the functions."""

    operation: str
    arguments: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Choose:
    """`then` where the condition holds, `otherwise` elsewhere."""

    condition: Condition
    then: Value
    otherwise: Value


@dataclass(frozen=True, slots=True)
class AsNumber:
    """A condition used as a value: 1 where it holds, 0 elsewhere."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values compared by one of `COMPARISONS`."""

    comparison: str
    left: Value
    right: Value


@dataclass(frozen=True, slots=True)
class Every:
    """All of the conditions."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one of the conditions."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a condition."""

    part: Condition


Value = Number | Name | Apply | Choose | AsNumber
Condition = Compare | Every | Some | Not
Node = Value | Condition

ARITHMETIC = ("add", "subtract", "multiply", "divide", "negate")
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below."""
    match node:
        case Number() | Name():
            return ()
        case Apply(_, arguments):
            return arguments
        case Choose(condition, then, otherwise):
            return (condition, then, otherwise)
        case AsNumber(condition):
            return (condition,)
        case Compare(_, left, right):
            return (left, right)
        case Every(parts) | Some(parts):
            return parts
        case Not(part):
            return (part,)


def walk(node: Node) -> list[Node]:
    """The node and everything below it, in reading order."""
    found, waiting = [], [node]
    while waiting:
        current = waiting.pop()
        found.append(current)
        waiting.extend(reversed(children(current)))
    return found
