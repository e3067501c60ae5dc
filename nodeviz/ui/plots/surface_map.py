"""What the task has to show of the plane: where which class is, how dense it is, how high a potential."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nodeviz.tasks.picture import Surface, SurfaceKind
from nodeviz.ui.plots.contour import level_lines
from nodeviz.ui.plots.levels import Levels
from nodeviz.ui.plots.plane_image import PlaneImage
from nodeviz.ui.plots.ramp import blended_ramp, channels, mixed, packed
from nodeviz.ui.plots.refined import refined
from nodeviz.ui.plots.stroke import LayerStroke
from nodeviz.ui.plots.trajectories import joined
from nodeviz.ui.plots.velocity_grid import Extent
from nodeviz.ui.theme import Theme

PERIOD = 1 / 25
"""Seconds between pictures: it moves under the scrubber."""
CONTOURED = 128
"""Points a side of the grid that boundaries are found on, and that several classes are blended on."""
FAINT, STRONG = 0.09, 0.34
"""How much of its class's colour a place has that is undecided, and one that is certain; the rest is canvas."""
LEAST = np.float32(1e-7)
"""Less probability than this is taken for this: float32 knows no more near one."""
SOFT = np.float32(6)
POTENTIAL_LINES = 12
DENSEST = 0.998
"""The share of the plane that the densest colour leaves below it."""


class _Shown(NamedTuple):
    """A surface and where it lies."""

    surface: Surface
    extent: Extent


class SurfaceMap(PlaneImage):
    """Classes in their colours with a line where the likeliest changes, densities and potentials between levels."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: _Shown | None = None
        self._waiting: _Shown | None = None
        self._since = 0.0
        self._levels = Levels()
        self._colours: Theme | None = None
        self.lines = LayerStroke(1.4)
        self.lines.setParentItem(self)

    @property
    def kind(self) -> SurfaceKind | None:
        """What it shows; None while it is empty."""
        return None if self._shown is None else self._shown.surface.kind

    @property
    def levels(self) -> tuple[float, float] | None:
        """The values that the first and the last colour stand for; of two classes, the probability of the second."""
        if self._shown is None or self._shown.surface.values.ndim > 2:
            return None
        return (0.0, 1.0) if self.kind == "classes" else self._levels.ends

    @property
    def ramp(self) -> NDArray[np.uint32]:
        """The 256 colours between the levels."""
        return np.zeros(256, np.uint32) if self._colours is None else _ramp(self.kind, self._colours)

    def set_theme(self, colours: Theme) -> None:
        """Draw in `colours`."""
        self._colours = colours
        self.lines.set_colour(colours.boundary)
        self._render()

    def set_surface(self, surface: Surface | None, extent: Extent) -> None:
        """Show `surface` over `extent` from now on; None empties the map and forgets its levels."""
        if surface is None:
            self._shown = self._waiting = None
            self._levels.forget()
            self.cover(None)
            self.lines.setData([], [])
            return
        if self.kind not in (None, surface.kind):
            self._levels.forget()
        self._waiting = _Shown(surface, extent)
        if self._shown is None or self._shown.extent != extent or self._since >= PERIOD:
            self.catch_up()

    def tick(self, seconds: float) -> None:
        """Let `seconds` pass: a surface that waits is drawn when it is due, and levels go on to where they belong."""
        self._since += seconds
        if self._since < PERIOD or not self.isVisible():
            return
        if self._waiting is not None:
            self.catch_up()
        elif self._shown is not None and self.kind != "classes" and not self._levels.settled:
            self._since = 0.0
            self._levels.approach()
            self._render()

    def catch_up(self) -> None:
        """Draw the newest surface, if it is not drawn yet; while hidden, it waits."""
        if self._waiting is None or not self.isVisible():
            return
        self._shown, self._waiting, self._since = self._waiting, None, 0.0
        self.cover(self._shown.extent)
        surface = self._shown.surface
        known = surface.values[np.isfinite(surface.values)]
        if surface.kind != "classes" and known.size:
            low = 0.0 if surface.kind == "density" else float(known.min())
            self._levels.follow(low, float(np.quantile(known, DENSEST)))
        self._render()

    def _render(self) -> None:
        if self._shown is None or self._colours is None:
            return
        surface, extent = self._shown
        values = _known(surface)
        if values.ndim > 2:
            self.show_pixels(_blended(values, self._colours))
        elif surface.kind == "classes":
            second = 1 / (1 + np.exp(-refined(_logit(values))))
            self.show_pixels(self.ramp[np.clip(256 * second, 0, 255).astype(np.uint8)])
        else:
            self.show_pixels(self.ramp[self._levels.index(refined(values))])
        drawn = joined(_lines_of(surface, extent))
        self.lines.setData(drawn.x, drawn.y, connect=drawn.connect, skipFiniteCheck=True)


def _known(surface: Surface) -> NDArray[np.float32]:
    """Its values; where the flow failed, those of a place of which nothing is known."""
    values = surface.values
    if np.isfinite(values).all():
        return values
    classes = values.shape[2] if values.ndim > 2 else 2
    nothing = 1 / classes if surface.kind == "classes" else 0.0
    return np.nan_to_num(values, nan=nothing, posinf=nothing, neginf=nothing)


def _ramp(kind: SurfaceKind | None, colours: Theme) -> NDArray[np.uint32]:
    if kind == "density":
        return blended_ramp(colours.density)
    if kind == "potential":
        return blended_ramp((colours.slow, colours.fast))
    # A step in the middle: which side a place is on can be seen where it is hardly decided.
    halves = []
    for label, shares in ((0, (STRONG, FAINT)), (1, (FAINT, STRONG))):
        ends = [mixed(colours.canvas, colours.of_class(label), share) for share in shares]
        halves.append(blended_ramp(ends, 128))
    return np.concatenate(halves)


def _blended(values: NDArray[np.float32], colours: Theme) -> NDArray[np.uint32]:
    """Probabilities (n, n, classes) as the mean of the classes' colours, stronger where one is certain."""
    classes = values.shape[2]
    fine = np.exp(np.stack([refined(_log(values[..., k]), CONTOURED) for k in range(classes)], axis=-1))
    fine /= fine.sum(axis=-1, keepdims=True)
    certain = np.clip((fine.max(axis=-1, keepdims=True) * classes - 1) / (classes - 1), 0, 1)
    share = FAINT + (STRONG - FAINT) * certain
    inks = np.stack([channels(colours.of_class(k)) for k in range(classes)]).astype(np.float32)
    ink = sum(fine[..., k : k + 1] * inks[k] for k in range(classes))
    return packed((1 - share) * channels(colours.canvas) + share * np.clip(ink, 0, 255))


def _logit(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """What is nearly linear across a boundary, however steep the probability: so the boundary has no stairs."""
    return _log(values) - _log(1 - values)


def _softened(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """`values` without what lies far from the boundary, and blurred by less than a cell: where it jumps from certain to
    certain between two points of the grid, the grid would show as stairs."""
    padded = np.pad(np.clip(values, -SOFT, SOFT), 1, mode="edge")
    rows = padded[:-2] + 2 * padded[1:-1] + padded[2:]
    blurred: NDArray[np.float32] = (rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]) / np.float32(16)
    return blurred


def _log(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.log(np.clip(values, LEAST, 1))


def _lines_of(surface: Surface, extent: Extent) -> list[NDArray[np.float64]]:
    """Where the likeliest class changes; heights at equal distances; nothing for a density."""
    values = surface.values
    if surface.kind == "density" or not np.isfinite(values).all():
        return []
    if surface.kind == "potential":
        fine = refined(values, CONTOURED)
        heights = np.linspace(float(fine.min()), float(fine.max()), POTENTIAL_LINES + 2)[1:-1]
        return [line for height in heights for line in level_lines(fine, extent, float(height))]
    if values.ndim == 2:
        return level_lines(refined(_softened(_logit(values)), CONTOURED), extent)
    fine = np.stack([refined(_softened(_log(values[..., k])), CONTOURED) for k in range(values.shape[2])])
    ahead = [fine[k] - np.delete(fine, k, axis=0).max(axis=0) for k in range(len(fine))]
    return [line for lead in ahead for line in level_lines(lead, extent)]
