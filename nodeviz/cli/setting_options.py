"""The options that are made from declared settings: --method, --rtol, --learning-rate, --noise …"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from nodeviz.cli.command import TEXT, Misuse
from nodeviz.cli.formula_parameters import Given, add_parameter_option, parameters_as_asked
from nodeviz.cli.naming import name_of
from nodeviz.datasets import DATASETS
from nodeviz.experiment import Experiment, SolverSettings, TrainingSettings
from nodeviz.fields import FIELDS, Field
from nodeviz.fields.formula import FormulaField
from nodeviz.fields.formula_language import FormulaError
from nodeviz.settings import Setting, settings_of
from nodeviz.tasks import TASKS
from nodeviz.tasks.solving import OWN
from nodeviz.tasks.tableau import tableau_in


class Section(NamedTuple):
    """A part of the experiment, and the structs that may stand there."""

    name: str
    kinds: tuple[type[msgspec.Struct], ...]


SECTIONS = (
    Section("solver", (SolverSettings,)),
    Section("training", (TrainingSettings,)),
    Section("field", FIELDS),
    Section("task", TASKS),
    Section("dataset", DATASETS),
)


class SettingOption(NamedTuple):
    """One option: its flag, the section it belongs to, and the declarations that it was made from.

    Kinds of a section may declare settings of one name with other bounds or defaults.
    """

    flag: str
    section: str
    declarations: tuple[Setting, ...]

    @property
    def setting(self) -> Setting:
        return self.declarations[0]

    @property
    def destination(self) -> str:
        return f"{self.section}.{self.setting.name}"


@cache
def setting_options() -> tuple[SettingOption, ...]:
    """All of them, in the order of the sections. A name that two sections share is preceded by the section's."""
    found: dict[tuple[str, str], dict[Setting, None]] = {}  # a set that keeps its order
    for section in SECTIONS:
        for kind in section.kinds:
            for setting in settings_of(kind):
                found.setdefault((section.name, setting.name), {})[setting] = None
    shared = Counter(name for _, name in found)
    return tuple(
        SettingOption(_flag(name if shared[name] == 1 else f"{section}-{name}"), section, tuple(declarations))
        for (section, name), declarations in found.items()
    )


def add_setting_options(parser: argparse.ArgumentParser) -> None:
    """Give `parser` an option for every setting, grouped by section, and one for a section's kind where it has more."""
    for section in SECTIONS:
        group = parser.add_argument_group(section.name)
        if len(section.kinds) > 1:
            tags = [tag_of(kind) for kind in section.kinds]
            group.add_argument(f"--{section.name}", choices=tags, dest=f"{section.name}.", help=f"which {section.name}")
        for option in setting_options():
            if option.section == section.name:
                _add(group, option)
        if section.name == "field":
            add_parameter_option(group)
        if section.name == "solver":
            help = "integrate with the Butcher tableau in a JSON file; `nodeviz methods --tableau FILE` certifies it"
            group.add_argument("--tableau", type=Path, metavar="FILE", help=help)


def experiment_as_asked(experiment: Experiment, options: argparse.Namespace) -> Experiment:
    """`experiment` with what `options` set. Raises `ValueError` naming the option or the setting that is wrong."""
    parts = {}
    for section in SECTIONS:
        part = _kind_as_asked(section, getattr(experiment, section.name), options)
        asked = {
            option.setting.name: value
            for option in setting_options()
            if option.section == section.name and (value := getattr(options, option.destination)) is not None
        }
        _check_belonging(section, part, asked)
        if section.name == "solver" and options.tableau is not None:
            asked |= _own_method(options.tableau, asked)
        if section.name == "field":
            asked = _with_parameters(part, asked, options.parameter)
        parts[section.name] = msgspec.structs.replace(part, **asked) if asked else part
    after = msgspec.structs.replace(experiment, **parts)  # at once: a new task need not suit the old data
    return msgspec.structs.replace(after, name=name_of(experiment, after))


def _with_parameters(field: Field, asked: dict[str, Any], given: Sequence[Given]) -> dict[str, Any]:
    """`asked` with the parameters of a formula. Raises `ValueError` where they are of no formula."""
    if isinstance(field, FormulaField):
        try:
            asked = parameters_as_asked(field, asked, given)
            msgspec.structs.replace(field, **asked)
        except FormulaError as error:
            raise Misuse(str(error).replace("add one", "add one by --parameter NAME=VALUE", 1)) from error
    elif given:
        raise Misuse(
            f"--parameter belongs to the field {tag_of(FormulaField)!r}, and this one is {tag_of(type(field))!r}; "
            f"add --field {tag_of(FormulaField)}, or leave it out."
        )
    return asked


def _kind_as_asked(section: Section, part: Any, options: argparse.Namespace) -> Any:
    tag = getattr(options, f"{section.name}.", None)
    if tag is None or tag == tag_of(type(part)):
        return part
    return next(kind for kind in section.kinds if tag_of(kind) == tag)()


def _own_method(path: Path, asked: dict[str, Any]) -> dict[str, Any]:
    """The settings of the method in the file. Raises `ValueError` where another method is `asked` for as well."""
    if asked.get("method", OWN) != OWN:
        raise Misuse(f"--tableau brings a method, and --method {asked['method']} is another; leave one of them out.")
    return {"method": OWN, "tableau": tableau_in(path)}


def _check_belonging(section: Section, part: msgspec.Struct, asked: dict[str, Any]) -> None:
    own = {setting.name for setting in settings_of(type(part))}
    for option in setting_options():
        if option.section == section.name and option.setting.name in asked and option.setting.name not in own:
            owner = next(kind for kind in section.kinds if option.setting in settings_of(kind))
            raise Misuse(
                f"{option.flag} belongs to the {section.name} {tag_of(owner)!r}, and this one is "
                f"{tag_of(type(part))!r}; add --{section.name} {tag_of(owner)}, or leave it out."
            )


def _add(group: Any, option: SettingOption) -> None:
    help = _help_text(option)
    if option.setting.kind == "bool":
        group.add_argument(option.flag, dest=option.destination, action=argparse.BooleanOptionalAction, help=help)
        return
    group.add_argument(
        option.flag, dest=option.destination, type=reader_of(option), metavar=_metavar(option.setting), help=help
    )


def reader_of(option: SettingOption) -> Callable[[str], Any]:
    """What turns an option's text into the setting's value, complaining as the setting itself does.

    Which of several declarations holds is known once the kind is: the struct itself then checks by its own.
    """

    def read(text: str) -> Any:
        complaints = []
        for setting in option.declarations:
            try:
                return setting.read(text)
            except ValueError as error:
                complaints.append(error)
        raise argparse.ArgumentTypeError(str(complaints[0])) from complaints[0]

    return read


def _help_text(option: SettingOption) -> str:
    setting = option.setting
    if len(option.declarations) > 1:
        return f"{setting.help} Its bounds and its default are those of the {option.section}.".replace("%", "%%")
    parts = [setting.help]
    if setting.choices:
        parts.append(f"One of {', '.join(choice.value for choice in setting.choices)}.")
    elif setting.low is not None and setting.high is not None:
        parts.append(f"{setting.low:g} to {setting.high:g}{' ' + setting.unit if setting.unit else ''}.")
    parts.append(f"[{_plain(setting.default)}]")
    return " ".join(parts).replace("%", "%%")


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _metavar(setting: Setting) -> str:
    return {"int": "N", "float": "X", "choice": "NAME"}.get(setting.kind, TEXT)


def tag_of(kind: type[msgspec.Struct]) -> str:
    """What a kind is called in files and options."""
    return str(kind.__struct_config__.tag)


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
