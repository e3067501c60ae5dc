"""How a setting is declared: its default, bounds, scale, unit, label and help stand at its field, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

import msgspec
from msgspec import Meta

Scale = Literal["linear", "log"]
Kind = Literal["float", "int", "bool", "choice", "text"]


@dataclass(frozen=True)
class Choice:
    """One value a choice may take, with what to call it and one sentence of help."""

    value: str
    label: str
    help: str = ""


@dataclass(frozen=True)
class Setting:
    """A declared setting, read back from a struct's field for whoever draws, parses or documents it."""

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
) -> Meta:
    """The annotation of a setting: `rtol: Annotated[float, described("rtol", "…", low=1e-12, high=0.1)] = 1e-6`.

    Bounds are inclusive and are enforced whenever a struct is decoded or edited.
    """
    extra = {"scale": scale, "unit": unit, "choices": choices}
    return Meta(ge=low, le=high, max_length=max_length, title=label, description=help, extra=extra)


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of every struct whose fields are declared settings. Values are frozen; edit by `edited`."""


def settings_of(struct: type[msgspec.Struct]) -> tuple[Setting, ...]:
    """Every described field of `struct` in declaration order; nested structs and undescribed fields are left out."""
    found = (_setting(field) for field in msgspec.structs.fields(struct))
    return tuple(setting for setting in found if setting is not None)


def edited(settings: Any, path: str, value: Any) -> Any:
    """A copy of `settings` with the field at dotted `path` set to `value`, validated.

    Raises `ValueError` naming the setting, its bounds and what came.
    """
    head, _, rest = path.partition(".")
    names = [field.name for field in msgspec.structs.fields(type(settings))]
    if head not in names:
        raise ValueError(f"There is no setting {head!r} here; the settings are {', '.join(names)}.")
    new = edited(getattr(settings, head), rest, value) if rest else value
    plain = {name: msgspec.to_builtins(getattr(settings, name)) for name in names}
    plain[head] = msgspec.to_builtins(new)
    config = type(settings).__struct_config__
    if config.tag is not None:
        plain[config.tag_field] = config.tag
    try:
        return msgspec.convert(plain, type(settings))
    except msgspec.ValidationError as error:
        raise ValueError(f"{path}: {error}; got {value!r}.") from error


def value_at(settings: Any, path: str) -> Any:
    """The value at dotted `path`, e.g. `value_at(experiment, "solver.rtol")`."""
    for name in path.split("."):
        settings = getattr(settings, name)
    return settings


def _setting(field: msgspec.structs.FieldInfo) -> Setting | None:
    metas = [meta for meta in getattr(field.type, "__metadata__", ()) if isinstance(meta, Meta)]
    if not metas or metas[0].title is None:
        return None
    meta, base = metas[0], get_args(field.type)[0]
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
    )


def _kind(base: Any) -> Kind:
    if get_origin(base) is Literal:
        return "choice"
    kinds: dict[Any, Kind] = {bool: "bool", int: "int", float: "float", str: "text"}
    return kinds[base]


def _literals(base: Any) -> tuple[str, ...]:
    return get_args(base) if get_origin(base) is Literal else ()
