"""WrittenTableau: a user's own Butcher tableau as a file or an experiment holds it, and the method that it makes."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated

import msgspec

from solver.method import RungeKutta
from solver.own_tableau import own_method

Number = float | int | str
"""Fractions such as "1/3" stand in quotes."""

Title = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]

EXAMPLE = '{"a": [[], ["1/2"], [0, "3/4"]], "b": ["2/9", "1/3", "4/9"]}'


class WrittenTableau(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The arguments of `solver.own_tableau.own_method`, by their names there. Raises `ValueError` as that does."""

    a: tuple[tuple[Number, ...], ...]
    b: tuple[Number, ...]
    c: tuple[Number, ...] | None = None
    b_low: tuple[Number, ...] | None = None
    order: int | None = None
    name: Title = "own"
    label: Title = "Own method"

    def __post_init__(self) -> None:
        for what, title in (("name", self.name), ("label", self.label)):
            if not title.isprintable():  # it becomes a line of menus, tables and exported scripts
                raise ValueError(f"{what} must be one line of printable characters; got {title!r}.")
        method_of(self)


@lru_cache(maxsize=32)
def method_of(tableau: WrittenTableau) -> RungeKutta:
    """The method with these coefficients; the same one for equal tableaus, for a training step asks for it often."""
    return own_method(
        tableau.a,
        tableau.b,
        tableau.c,
        b_low=tableau.b_low,
        order=tableau.order,
        name=tableau.name,
        label=tableau.label,
    )


def tableau_in(path: Path) -> WrittenTableau:
    """The tableau in a JSON file. Raises `ValueError` saying what is wrong with the file or the coefficients."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=WrittenTableau)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        if isinstance(error.__cause__, ValueError):  # of the tableau itself
            raise ValueError(f"{path} cannot be used. {error.__cause__}") from error
        raise ValueError(f"{path} holds no tableau: {error}. It should look like {EXAMPLE}.") from error
