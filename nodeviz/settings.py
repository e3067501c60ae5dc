"""How a setting is declared: its default, bounds, scale, unit, label and help stand at its field, once."""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

Scale = Literal["linear", "log"]
Kind = Literal["float", "int", "bool", "choice", "text"]

_YES, _NO = ("yes", "true", "on", "1"), ("no", "false", "off", "0")
_PATH_IN_ERROR = re.compile(r"(?P<what>.*) - at `\$\.?(?P<path>.*)`$")


@dataclass(frozen=True)
class Choice:
    """One value a choice may take, with what to call it and one sentence of help.

    Long lists are shown in groups, and a slider stops at the common ones alone.
    """

    value: str
    label: str
    help: str = ""
    group: str = ""
    common: bool = True


@dataclass(frozen=True)
class Setting:
    """A declared setting, read back from a struct's field for whoever draws, parses or documents it.

    One that acts `at_reset` says how training begins: what is trained already keeps what it began with. `files` are
    the endings of the files that a text may be the path of, e.g. (".csv", ".txt"); none where it is no path.
    """

    name: str
    kind: Kind
    label: str
    help: str
    default: Any
    low: float | None = None
    high: float | None = None
    scale: Scale = "linear"
    unit: str = ""
    choices: tuple[Choice, ...] = ()
    max_length: int | None = None
    at_reset: bool = False
    files: tuple[str, ...] = ()

    def check(self, value: Any) -> None:
        """Raises `ValueError`, a sentence with the label, what is allowed and what came, unless `value` may be set."""
        wrong = self._wrong(value)
        if wrong:
            raise ValueError(f"{self.label} {wrong}; got {_told(value)}.")

    def read(self, text: str) -> Any:
        """The value that `text` stands for, on a command line or in an entry. Raises `ValueError` like `check`."""
        value: Any = text.strip() if self.kind != "text" else text
        if self.kind == "bool":
            known = {**dict.fromkeys(_YES, True), **dict.fromkeys(_NO, False)}
            value = known.get(value.lower(), value)
        elif self.kind == "float":
            value = _read_as(float, value)
        elif self.kind == "int":
            value = _read_as(int, value)
            number = _read_as(float, value) if isinstance(value, str) else value
            if isinstance(number, float) and number.is_integer():  # 1e3 is a whole number, too
                value = int(number)
        self.check(value)
        return value

    def _wrong(self, value: Any) -> str:
        match self.kind:
            case "bool":
                return "" if isinstance(value, bool) else "must be yes or no"
            case "text":
                return self._wrong_text(value)
            case "choice":
                return self._wrong_choice(value)
            case "int":
                whole = isinstance(value, int) and not isinstance(value, bool)
                return self._out_of_bounds(value) if whole else "must be a whole number"
            case "float":
                number = isinstance(value, (int, float)) and not isinstance(value, bool)
                finite = number and (isinstance(value, int) or math.isfinite(value))
                return self._out_of_bounds(value) if finite else "must be a finite number"

    def _wrong_text(self, value: Any) -> str:
        if not isinstance(value, str):
            return "must be text"
        long = self.max_length is not None and len(value) > self.max_length
        return f"must have at most {self.max_length} characters, not {len(value)}" if long else ""

    def _wrong_choice(self, value: Any) -> str:
        names = [choice.value for choice in self.choices]
        if value in names:
            return ""
        near = difflib.get_close_matches(value, names, 1) if isinstance(value, str) else []
        meant = f" (did you mean {near[0]}?)" if near else ""
        return f"must be one of {', '.join(names)}{meant}"

    def _out_of_bounds(self, value: float) -> str:
        if self.low is not None and value < self.low:
            return f"must be at least {_plain(self.low)}"
        if self.high is not None and value > self.high:
            return f"must be at most {_plain(self.high)}"
        return ""


def described(
    label: str,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    scale: Scale = "linear",
    unit: str = "",
    choices: tuple[Choice, ...] = (),
    max_length: int | None = None,
    at_reset: bool = False,
    files: tuple[str, ...] = (),
) -> Meta:
    """The annotation of a setting: `rtol: Annotated[float, described("rtol", "…", low=1e-12, high=0.1)] = 1e-6`.

    Bounds are inclusive and are enforced whenever a struct is made, decoded or edited.
    """
    extra = {"scale": scale, "unit": unit, "choices": choices, "at_reset": at_reset, "files": files}
    if max_length is not None:
        return Meta(max_length=max_length, title=label, description=help, extra=extra)
    return Meta(ge=low, le=high, title=label, description=help, extra=extra)


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of every struct of declared settings. Values are frozen and within bounds; `edited` gives changed copies."""

    def __post_init__(self) -> None:
        """Raises `ValueError` naming the first setting that is out of its bounds."""
        for setting in settings_of(type(self)):
            setting.check(getattr(self, setting.name))


@cache
def settings_of(struct: type[msgspec.Struct]) -> tuple[Setting, ...]:
    """Every described field of `struct` in declaration order; nested structs and undescribed fields are left out."""
    hints = _hints(struct)
    found = (_setting(field, hints[field.name]) for field in msgspec.structs.fields(struct))
    return tuple(setting for setting in found if setting is not None)


def setting_at(settings: Any, path: str) -> Setting:
    """The declaration of the setting at dotted `path`. Raises `ValueError` when there is none."""
    head, _, name = path.rpartition(".")
    owner = value_at(settings, head) if head else settings
    declared = {setting.name: setting for setting in settings_of(_struct(owner))}
    if name not in declared:
        raise ValueError(f"There is no setting {name!r} here; the settings are {', '.join(declared)}.")
    return declared[name]


def value_at(settings: Any, path: str) -> Any:
    """The value at dotted `path`, e.g. `value_at(experiment, "solver.rtol")` or `"field.parameters.a.value"`.

    An item of a tuple goes by its place or by its own `name`. Raises `ValueError` when there is no such setting.
    """
    for name in path.split("."):
        settings = _items(settings)[_known(settings, name)]
    return settings


def edited(settings: Any, path: str, value: Any) -> Any:
    """A copy of `settings` with what stands at dotted `path` set to `value`: a number, a text, or a whole struct.

    Nothing is clamped: raises `ValueError`, a sentence naming the setting, what it may be and what came.
    """
    head, _, rest = path.partition(".")
    name = _known(settings, head)
    new = edited(_items(settings)[name], rest, value) if rest else _accepted(settings, name, value)
    if isinstance(settings, tuple):
        return tuple(new if place == name else item for place, item in _items(settings).items())
    return msgspec.structs.replace(settings, **{name: new})


def explained(error: msgspec.DecodeError, struct: type[msgspec.Struct]) -> str:
    """What is wrong with a file that should hold a `struct`, as a sentence that names the setting."""
    found = _PATH_IN_ERROR.match(str(error))
    if found is None:
        return f"{str(error).rstrip('.')}."
    if isinstance(error.__cause__, ValueError):
        return f"{found['path']}: {error.__cause__}"
    return f"{found['path']}: {found['what']}{_allowed(struct, found['path'])}."


def _allowed(struct: type[msgspec.Struct], path: str) -> str:
    try:
        setting = setting_at(struct(), path)
    except (ValueError, TypeError):
        return ""
    if setting.low is None or setting.high is None:
        return ""
    return f"; {setting.label} lies from {_plain(setting.low)} to {_plain(setting.high)}"


def _items(settings: Any) -> dict[Any, Any]:
    if isinstance(settings, tuple):
        return dict(enumerate(settings))
    if isinstance(settings, msgspec.Struct):
        return {field: getattr(settings, field) for field in settings.__struct_fields__}
    return {}


def _struct(settings: Any) -> type[msgspec.Struct]:
    return type(settings)


def _known(settings: Any, name: str) -> Any:
    """The key of `name` in the items of `settings`."""
    items = _items(settings)
    keys = {str(key): key for key in items}
    if isinstance(settings, tuple):
        keys.update({str(getattr(item, "name", place)): place for place, item in items.items()})
    if name not in keys:
        there = f"the settings are {', '.join(keys)}" if keys else "nothing can be set below it"
        raise ValueError(f"There is no setting {name!r} here; {there}.")
    return keys[name]


def _accepted(settings: Any, name: Any, value: Any) -> Any:
    if isinstance(settings, tuple):
        kind: Any = type(settings[name])
    else:
        declared = {setting.name: setting for setting in settings_of(_struct(settings))}
        if name in declared:
            if declared[name].kind == "int" and isinstance(value, float) and value.is_integer():
                value = int(value)
            declared[name].check(value)
        kind = _hints(_struct(settings))[name]
    try:
        return msgspec.convert(msgspec.to_builtins(value), kind)
    except msgspec.ValidationError as error:
        if isinstance(error.__cause__, ValueError):
            raise error.__cause__ from error
        raise ValueError(f"{name} cannot be {value!r}: {error}.") from error


@cache
def _hints(struct: type[msgspec.Struct]) -> dict[str, Any]:
    return get_type_hints(struct, include_extras=True)


def _setting(field: msgspec.structs.FieldInfo, hint: Any) -> Setting | None:
    metas = [meta for meta in getattr(hint, "__metadata__", ()) if isinstance(meta, Meta)]
    if not metas or metas[0].title is None or get_origin(hint) is not Annotated:
        return None
    meta, base = metas[0], get_args(hint)[0]
    extra = meta.extra or {}
    default = field.default if field.default is not msgspec.NODEFAULT else None
    return Setting(
        name=field.name,
        kind=_kind(base),
        label=meta.title or field.name,
        help=meta.description or "",
        default=default,
        low=meta.ge,
        high=meta.le,
        scale=extra.get("scale", "linear"),
        unit=extra.get("unit", ""),
        choices=extra.get("choices") or tuple(Choice(value, value) for value in _literals(base)),
        max_length=meta.max_length,
        at_reset=extra.get("at_reset", False),
        files=extra.get("files", ()),
    )


def _kind(base: Any) -> Kind:
    if get_origin(base) is Literal:
        return "choice"
    kinds: dict[Any, Kind] = {bool: "bool", int: "int", float: "float", str: "text"}
    return kinds[base]


def _literals(base: Any) -> tuple[str, ...]:
    return get_args(base) if get_origin(base) is Literal else ()


def _read_as(kind: type[int] | type[float], text: str) -> Any:
    """The number that `text` is; the text itself where it is none, for `check` to refuse."""
    try:
        return kind(text)
    except ValueError:
        return text


def _told(value: object) -> str:
    """What came, as its user would write it; endless digits are only counted."""
    digits = repr(value)
    return digits if type(value) is not int or len(digits) < 16 else f"a number of {len(digits)} digits"


def _plain(number: float) -> str:
    return str(int(number)) if float(number).is_integer() and abs(number) < 1e12 else f"{number:g}"
