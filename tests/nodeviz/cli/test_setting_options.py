"""Options made from declared settings: each setting has one, and it lands where it should."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from nodeviz.cli.command import Misuse, Parser
from nodeviz.cli.setting_options import (
    SECTIONS,
    SettingOption,
    add_setting_options,
    experiment_as_asked,
    setting_options,
)
from nodeviz.experiment import Experiment
from nodeviz.fields import FormulaField
from nodeviz.fields.formula import Parameter
from nodeviz.settings import Setting, settings_of, value_at
from tests.nodeviz.combinations import EVERY_EXPERIMENT

EVERY = setting_options()


def asked(*arguments: str) -> Experiment:
    parser = Parser(prog="nodeviz train", allow_abbrev=False)
    add_setting_options(parser)
    return experiment_as_asked(Experiment(), parser.parse_all(list(arguments)))


def another_value(option: SettingOption, image: Path) -> tuple[str, object]:
    """A value that is not the default, as text and as it should arrive; of the first dataset with a path, an image."""
    setting = option.setting
    match setting.kind:
        case "choice":
            value = next(choice.value for choice in setting.choices if choice.value != setting.default)
            return value, value
        case "int":
            return str(setting.default + 1), setting.default + 1
        case "float":
            return repr(setting.default / 2 + setting.low / 2 + 1e-3), setting.default / 2 + setting.low / 2 + 1e-3
        case _ if setting.name == "path":
            return str(image), str(image)
        case _:
            return "x - y", "x - y"


def choosing(option: SettingOption) -> list[str]:
    """Options for an experiment that has the setting."""
    owners = (experiment for experiment in EVERY_EXPERIMENT if option.setting in _settings(experiment, option.section))
    experiment = next(owners, Experiment())
    kinds = ("task", "dataset", "field")
    words = [word for name in kinds for word in (f"--{name}", getattr(experiment, name).__struct_config__.tag)]
    other = [
        one for one in EVERY if one.section == "task" and _value(experiment, one) not in (None, one.setting.default)
    ]
    return words + [word for one in other for word in (one.flag, str(_value(experiment, one)))]


def test_no_option_is_there_twice() -> None:
    assert len({option.flag for option in EVERY}) == len(EVERY)


@pytest.mark.parametrize("kind", [kind for section in SECTIONS[2:] for kind in section.kinds])
def test_what_a_kind_is_called_needs_no_quotes_on_a_command_line(kind: type[msgspec.Struct]) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", str(kind.__struct_config__.tag))


def test_every_setting_of_a_run_has_an_option() -> None:
    declared = {
        (section.name, setting.name) for section in SECTIONS for kind in section.kinds for setting in settings_of(kind)
    }
    assert declared == {(option.section, option.setting.name) for option in EVERY}


@pytest.mark.parametrize("option", EVERY, ids=lambda option: option.flag)
def test_an_option_sets_its_setting_and_nothing_else(option: SettingOption, tmp_path: Path) -> None:
    choose = choosing(option)
    before = asked(*choose)
    if option.setting.kind == "bool":
        wanted: object = not option.setting.default
        after = asked(*choose, option.flag if wanted else option.flag.replace("--", "--no-"))
    else:
        image = tmp_path / "image.pgm"
        image.write_bytes(b"P5 2 2 255\n" + bytes([0, 255, 255, 0]))
        text, wanted = another_value(option, image)
        after = asked(*choose, option.flag, text)
    assert value_at(after, option.destination) == wanted
    changed = [one.destination for one in EVERY if _value(before, one) != _value(after, one)]
    assert changed == [option.destination]


def test_the_names_people_type_are_there() -> None:
    flags = {option.flag for option in EVERY}
    expected = "--method --rtol --atol --dt --gradient --optimiser --learning-rate --noise --seed --device"
    assert flags >= set(expected.split())


def test_another_kind_of_field_starts_from_its_defaults() -> None:
    assert asked("--field", "formula").field == FormulaField()


def test_a_formula_may_begin_with_a_minus() -> None:
    field = asked("--field", "formula", "--dx", "-x", "--dy", "-2*y").field
    assert (field.dx, field.dy) == ("-x", "-2*y")


@pytest.mark.parametrize("follower", [[], ["--dy", "y"], ["-h"]])
def test_a_formula_that_is_missing_is_still_missed(follower: list[str]) -> None:
    with pytest.raises(Misuse, match="--dx: expected one argument"):
        asked("--field", "formula", "--dx", *follower)


@pytest.mark.parametrize(
    ("text", "parameter"),
    [
        ("mu=0.5", Parameter("mu", 0.5)),
        ("mu=-3:fixed", Parameter("mu", -3.0, -6.0, trained=False)),
        ("mu=1e2", Parameter("mu", 100.0, high=200.0)),
        ("mu=0.5:-1:1", Parameter("mu", 0.5, -1.0, 1.0)),
        ("mu=0.5:0:1:fixed", Parameter("mu", 0.5, 0.0, 1.0, trained=False)),
    ],
)
def test_a_formula_has_the_parameters_that_are_asked_for(text: str, parameter: Parameter) -> None:
    field = asked("--field", "formula", "--dx", "mu*x", "--dy", "y", "--parameter", text).field
    assert field == FormulaField("mu*x", "y", (parameter,))


@pytest.mark.parametrize(
    ("text", "parameter"),
    [
        ("a=-1", Parameter("a", -1.0, -2.0, 2.0)),
        ("a=3", Parameter("a", 3.0, -2.0, 3.0)),
        ("a=1:0:9", Parameter("a", 1.0, 0.0, 9.0)),
        ("a=1:fixed", Parameter("a", 1.0, -2.0, 2.0, trained=False)),
    ],
)
def test_what_is_not_said_of_a_parameter_that_is_there_stays_as_it_is(text: str, parameter: Parameter) -> None:
    first, second = FormulaField().parameters
    assert asked("--field", "formula", "--parameter", text).field == FormulaField(parameters=(parameter, second))
    held = ["--field", "formula", "--parameter", "a=1:fixed", "--parameter"]
    assert asked(*held, "a=2").field.parameters[0] == replace(first, value=2.0, trained=False)
    assert asked(*held, "a=2:trained").field.parameters[0] == replace(first, value=2.0)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--field", "formula", "--dx", "mu*x"], "there is no parameter 'mu'; add one by --parameter NAME=VALUE"),
        (["--parameter", "mu=1"], "--parameter belongs to the field 'formula', and this one is 'mlp'"),
        (["--field", "formula", "--parameter", "mu"], "a parameter is like mu=0.5 or mu=0.5:-1:1:fixed; got 'mu'"),
        (["--field", "formula", "--parameter", "mu=1:2"], "a parameter is like"),
        (["--field", "formula", "--parameter", "mu=3:0:1"], "mu must be from 0 to 1, its range; got 3"),
        (["--field", "formula", "--parameter", "x=1"], "'x' already means something in a formula"),
        (["--field", "formula", "--parameter", "mu=nan"], "value must be a finite number"),
    ],
)
def test_a_parameter_that_cannot_be_is_refused_in_words(arguments: list[str], sentence: str) -> None:
    with pytest.raises(Misuse, match=re.escape(sentence)):
        asked(*arguments)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["--rtol", "1e-4", "--noise", "0.1"], "spiral"),
        (["--field", "formula"], "spiral, formula"),
        (["--task", "classify", "--dataset", "moons"], "moons, classify"),
        (["--task", "density", "--dataset", "file", "--path", "mine.csv"], "mine.csv, match a density"),
    ],
)
def test_a_run_is_called_after_what_it_is_of(
    arguments: list[str], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.csv").write_text("".join(f"{n},{n * n}\n" for n in range(30)))
    assert asked(*arguments).name == name


def test_nothing_asked_changes_nothing() -> None:
    assert asked() == Experiment()


def test_names_that_several_kinds_share_have_the_bounds_of_the_kind() -> None:
    assert asked("--task", "classify", "--dataset", "moons", "--dataset-points", "6000").dataset.points == 6000
    with pytest.raises(ValueError, match="points must be at most 5000; got 6000"):
        asked("--dataset-points", "6000")


def _settings(experiment: Experiment, section: str) -> tuple[Setting, ...]:
    return settings_of(type(getattr(experiment, section)))


def _value(experiment: Experiment, option: SettingOption) -> object:
    section = getattr(experiment, option.section)
    return getattr(section, option.setting.name, None)
