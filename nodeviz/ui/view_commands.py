"""The commands of what the phase plane draws: one switch a layer, there while the experiment has such a layer."""

from __future__ import annotations

from collections.abc import Callable

from nodeviz.datasets.declared import EnergyDataset, TrajectoryDataset
from nodeviz.experiment import Experiment, ViewSettings
from nodeviz.settings import Setting, settings_of
from nodeviz.tasks.picture import SurfaceKind
from nodeviz.ui.command import Command
from nodeviz.ui.desk import Workplace

SURFACES: dict[SurfaceKind, str] = {
    "classes": "decision surface",
    "density": "density",
    "potential": "potential",
}
"""What a surface is called."""

APPLIES: dict[str, Callable[[Experiment], bool]] = {
    "target": lambda experiment: isinstance(experiment.dataset, TrajectoryDataset),
    "data": lambda experiment: not isinstance(experiment.dataset, EnergyDataset),
    "cloud": lambda experiment: experiment.task.shows is not None,
    "lift": lambda experiment: experiment.field.augmented > 0,
}
"""Layers that not every experiment has."""


def _switch(setting: Setting) -> Command:
    """Show or hide the layer of a declared switch."""
    path, applies = f"view.{setting.name}", APPLIES.get(setting.name, lambda experiment: True)

    def shown(place: Workplace) -> bool:
        return bool(getattr(place.desk.store.experiment.view, setting.name))

    def run(place: Workplace) -> None:
        place.desk.store.edit(path, not shown(place))

    return Command(
        path,
        f"Show {setting.label}",
        "View",
        run,
        help=setting.help,
        checked=shown,
        offered=lambda place: applies(place.desk.store.experiment),
    )


def _background(name: str) -> tuple[Callable[[Workplace], bool], Callable[[Workplace], None]]:
    """Whether the background is this one, and what makes it so, or makes it empty."""

    def shown(place: Workplace) -> bool:
        return place.desk.store.experiment.view.background == name

    def run(place: Workplace) -> None:
        place.desk.store.edit("view.background", "none" if shown(place) else name)

    return shown, run


def _surface_title(place: Workplace) -> str:
    kind = place.desk.store.experiment.task.shows
    return f"Show {SURFACES[kind]}" if kind is not None else "Show surface"


_shows_speed, _toggle_speed = _background("speed")
_shows_surface, _toggle_surface = _background("surface")

VIEW_SWITCHES = (
    Command(
        "view.speed", "Show speed", "View", _toggle_speed, help="The speed |f| as a heat map.", checked=_shows_speed
    ),
    Command(
        "view.surface",
        "Show surface",
        "View",
        _toggle_surface,
        help="What the task has to show of the plane at the time looked at.",
        checked=_shows_surface,
        title_now=_surface_title,
        offered=lambda place: place.desk.store.experiment.task.shows is not None,
    ),
    *(_switch(setting) for setting in settings_of(ViewSettings) if setting.kind == "bool"),
)
