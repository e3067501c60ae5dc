"""What a sweep goes over: settings by the names of their options, each with the values it is to have."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple

from nodeviz.cli.command import Misuse, did_you_mean
from nodeviz.cli.setting_options import SECTIONS, SettingOption, reader_of, setting_options, tag_of

Choice = tuple[Any, ...]
"""A value for each axis."""


class Axis(NamedTuple):
    """A setting, called as its option without the dashes, where options keep it, and its values."""

    name: str
    destination: str
    values: tuple[Any, ...]


def axes_in(texts: Sequence[str], options: argparse.Namespace) -> tuple[Axis, ...]:
    """The axes that `texts` such as "rtol=1e-2,1e-3" say. Raises `Misuse` where one cannot be, or is an option too."""
    axes = tuple(_axis(text) for text in texts)
    names = [axis.name for axis in axes]
    for place, axis in enumerate(axes):
        if axis.name in names[:place]:
            raise Misuse(f"--over {axis.name} is there twice; give all its values in one.")
        if getattr(options, axis.destination) is not None:
            raise Misuse(f"--{axis.name} sets what --over {axis.name} goes over; leave one of them out.")
    return axes


def choices_of(axes: Sequence[Axis]) -> tuple[Choice, ...]:
    """Every combination of the axes' values, the last axis the quickest."""
    return tuple(product(*(axis.values for axis in axes)))


def chosen(axes: Sequence[Axis], choice: Choice, options: argparse.Namespace) -> argparse.Namespace:
    """`options` as if `choice` had been asked for too."""
    values = {axis.destination: value for axis, value in zip(axes, choice, strict=True)}
    return argparse.Namespace(**{**vars(options), **values})


def seeds_from(first: int, count: int) -> Axis:
    """So many seeds that follow one another."""
    return Axis("seed", "training.seed", tuple(range(first, first + count)))


def _axis(text: str) -> Axis:
    name, equals, rest = text.partition("=")
    name = name.strip().removeprefix("--").replace("_", "-")
    words = [word.strip() for word in rest.split(",")]
    if not equals or not all(words):
        raise Misuse(f"--over needs a setting and its values, like rtol=1e-2,1e-3; got {text!r}.")
    kinds = {section.name: [tag_of(kind) for kind in section.kinds] for section in SECTIONS if len(section.kinds) > 1}
    if name in kinds:
        return Axis(name, f"{name}.", tuple(_kind(name, word, kinds[name]) for word in words))
    known = {option.flag.removeprefix("--"): option for option in setting_options()}
    if name not in known:
        raise Misuse(
            f"There is no setting {name!r} to go over{did_you_mean(name, [*kinds, *known])}. "
            f"There are {', '.join([*kinds, *known])}."
        )
    return Axis(name, known[name].destination, tuple(_value(known[name], word) for word in words))


def _kind(section: str, word: str, tags: Sequence[str]) -> str:
    if word not in tags:
        raise Misuse(f"There is no {section} {word!r}{did_you_mean(word, tags)}. There are {', '.join(tags)}.")
    return word


def _value(option: SettingOption, word: str) -> Any:
    try:
        return option.setting.read(word) if option.setting.kind == "bool" else reader_of(option)(word)
    except (ValueError, argparse.ArgumentTypeError) as error:
        raise Misuse(f"--over {option.flag.removeprefix('--')}: {error}") from error
