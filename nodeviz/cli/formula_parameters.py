"""`--parameter mu=0.5`: the named numbers of a typed field, as options."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from msgspec.structs import replace

from nodeviz.cli.command import TEXT
from nodeviz.fields.formula import FormulaField, Parameter
from nodeviz.fields.formula_language import FormulaError, undeclared

TRAINED = {"trained": True, "fixed": False}
HELP = (
    "a named number of the formulas: NAME=VALUE, and where wanted :LOW:HIGH, the range of its slider, and :fixed or "
    ":trained, whether training may move it, e.g. mu=0.5 or mu=0.5:-1:1:fixed; may be given again"
)


class Given(NamedTuple):
    """A parameter that is asked for; what is not said of one that is there already stays as it is."""

    parameter: Parameter
    ranged: bool
    trained: bool | None


def add_parameter_option(group: Any) -> None:
    """Give `group` the option --parameter, which may be repeated."""
    group.add_argument("--parameter", type=_parameter, action="append", default=[], metavar=TEXT, help=HELP)


def parameters_as_asked(field: FormulaField, asked: dict[str, Any], given: Sequence[Given]) -> dict[str, Any]:
    """`asked` with the parameters of `field` and those `given`, which change others of their names.

    Of a field that is new the formulas bring no parameters of their own: what only its defaults need is left out.
    """
    named = {parameter.name: parameter for parameter in field.parameters}
    if field == FormulaField():
        with suppress(FormulaError):  # which the field then raises with the name of the formula
            used = undeclared(asked.get("dx", field.dx), asked.get("dy", field.dy), ())
            named = {name: parameter for name, parameter in named.items() if name in used}
    for each in given:
        name = each.parameter.name
        named[name] = _changed(named[name], each) if name in named else each.parameter
    parameters = tuple(named.values())
    return asked if parameters == field.parameters else asked | {"parameters": parameters}


def _changed(before: Parameter, given: Given) -> Parameter:
    after = given.parameter
    if not given.ranged:
        after = replace(after, low=min(before.low, after.value), high=max(before.high, after.value))
    return after if given.trained is not None else replace(after, trained=before.trained)


def _parameter(text: str) -> Given:
    name, equals, rest = text.partition("=")
    words = rest.split(":")
    trained = TRAINED.get(words[-1])
    try:
        numbers = [float(word) for word in (words if trained is None else words[:-1])]
    except ValueError:
        numbers = []
    if not equals or len(numbers) not in (1, 3):
        raise argparse.ArgumentTypeError(f"a parameter is like mu=0.5 or mu=0.5:-1:1:fixed; got {text!r}")
    value, *bounds = numbers
    try:
        parameter = _within(Parameter(name.strip(), value, trained=trained is not False), bounds)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return Given(parameter, bool(bounds), trained)


def _within(parameter: Parameter, bounds: Sequence[float]) -> Parameter:
    """`parameter` with a range of these bounds, or with the usual one, made wider where its value is beyond."""
    low, high = bounds or (min(parameter.low, 2 * parameter.value), max(parameter.high, 2 * parameter.value))
    if not low <= parameter.value <= high:
        raise ValueError(f"{parameter.name} must be from {low:g} to {high:g}, its range; got {parameter.value:g}")
    return replace(parameter, low=low, high=high)
