"""The phase plane: the field, what it carries, what is to be learnt and what has been."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QColor, QImage, QPixmapCache
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nodeviz.experiment import ViewSettings
from nodeviz.tasks.picture import Picture, SurfaceKind
from nodeviz.ui import theme
from nodeviz.ui.plots import picture
from nodeviz.ui.plots.arrows import Arrows
from nodeviz.ui.plots.class_key import ClassKey
from nodeviz.ui.plots.cloud_layer import CloudLayer
from nodeviz.ui.plots.end_labels import EndLabels, Named
from nodeviz.ui.plots.figure_badges import FigureBadges
from nodeviz.ui.plots.heat_map import HeatMap
from nodeviz.ui.plots.layered_curves import LayeredCurves
from nodeviz.ui.plots.map_key import MapKey
from nodeviz.ui.plots.observed import ObservedPoints
from nodeviz.ui.plots.origins import Origins
from nodeviz.ui.plots.own_curves import OwnCurves
from nodeviz.ui.plots.particle_layer import ParticleLayer
from nodeviz.ui.plots.plane_canvas import PlaneCanvas
from nodeviz.ui.plots.plane_pointer import PlanePointer
from nodeviz.ui.plots.plane_view import PlaneView
from nodeviz.ui.plots.ramp import fade, mixed, ramp
from nodeviz.ui.plots.sample_layer import SampleLayer
from nodeviz.ui.plots.starts import Point, StartHandles
from nodeviz.ui.plots.surface_map import SurfaceMap
from nodeviz.ui.plots.time_marks import Timed, TimeMarks
from nodeviz.ui.plots.trajectories import CurveFamily, end_of
from nodeviz.ui.plots.velocity_grid import Extent, VelocityGrid
from nodeviz.ui.theme import Theme

Curve = NDArray[np.floating]
LAYERS_KILOBYTES = 160_000
STILL = 0.3  # how much of the canvas is in the colour of data below points that move
SYMBOLS: dict[SurfaceKind, str] = {"classes": "P(class 2)", "density": "density", "potential": "potential"}


class PhasePlane(QWidget):
    """Shows what it is given and tells what the pointer asks for. All coordinates are the plane's own.

    A click places a start, a drag moves it or pans, one from a start of the data places another there and moves that,
    the wheel zooms, a double click shows everything again, a right click or Delete removes a start; the signals say so
    and the owner answers by `set_view`.
    """

    startPlaced = Signal(float, float)
    startMoved = Signal(int, float, float)
    startDropped = Signal(int, float, float)
    startRemoved = Signal(int)
    extentChanged = Signal(tuple)

    def __init__(self, parent: QWidget | None = None, particles: int = 20_000) -> None:
        super().__init__(parent)
        self.setAccessibleName("Phase plane")
        self._home = Extent(-1.0, 1.0, -1.0, 1.0)
        self._told: Extent | None = None
        self._view = ViewSettings()
        self._speeds: NDArray[np.uint32] = np.zeros(256, np.uint32)
        self._classes = 1
        self._t: float | None = None
        self._target_ts: Curve = np.zeros(0)
        self._learnt_times: tuple[Curve, ...] = ()
        self._user_times: tuple[Curve, ...] = ()
        self._user_starts: tuple[Point, ...] = ()
        self._was_covered: list[QRectF] = []
        # Layers that do not change are kept as pixmaps. Qt's own limit, 10 MB, is less than one of them on a 4K screen.
        QPixmapCache.setCacheLimit(max(QPixmapCache.cacheLimit(), LAYERS_KILOBYTES))
        self._make_items(particles)
        self._listen()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.canvas)
        self.setFocusProxy(self.canvas)
        self.set_extent(self._home)
        self.set_view(self._view)

    def _make_items(self, particles: int) -> None:
        self.box = PlaneView()
        self.canvas = PlaneCanvas(self.box)
        self.heat_map, self.particle_layer, self.arrows = HeatMap(), ParticleLayer(particles), Arrows()
        self.target, self.learnt, self.user = CurveFamily(6.0), LayeredCurves(2.4), OwnCurves()
        self.surface_map, self.sample, self.cloud = SurfaceMap(), SampleLayer(), CloudLayer()
        self.observed, self.key, self.badges = ObservedPoints(), MapKey(self.box), FigureBadges(self.box)
        self.class_key = ClassKey(self.box)
        self.origins, self.marks, self.handles = Origins(), TimeMarks(), StartHandles()
        bottom_to_top: tuple[pg.GraphicsObject, ...] = (
            self.heat_map,
            self.surface_map,
            self.arrows,
            self.target,
            self.particle_layer,
            self.observed,
            self.sample,
            self.user,
            self.learnt,
            self.origins,
            self.cloud,
            self.marks,
            self.handles,
        )
        for height, item in enumerate(bottom_to_top):
            item.setZValue(height)
            self.box.addItem(item, ignoreBounds=True)
        self.labels = EndLabels(self.box, over_pictures=True, covered=self._covered)
        self.canvas.restyled.connect(self._restyle)
        self.canvas.name_axes("x", "y")

    def _listen(self) -> None:
        self.pointer = PlanePointer(self.box, self.handles, self.origins, self)
        self.pointer.placed.connect(self.startPlaced)
        self.pointer.moved.connect(self.startMoved)
        self.pointer.dropped.connect(self.startDropped)
        self.pointer.removed.connect(self._removed)
        self.pointer.resetAsked.connect(self.reset_view)
        self.box.sigRangeChanged.connect(self._range_changed)
        self.box.sigResized.connect(self._range_changed)
        self.canvas.keyPressed.connect(self.pointer.key)
        self.canvas.wants_menu = self.pointer.leaves_right_click

    # What is shown

    def set_view(self, view: ViewSettings) -> None:
        """Show what `view` says, and its starts."""
        self._view = view
        self.heat_map.setVisible(view.background == "speed")
        self.surface_map.setVisible(view.background == "surface")
        self.surface_map.catch_up()
        self.arrows.setVisible(view.arrows)
        self.particle_layer.setVisible(view.particles)
        self.target.setVisible(view.target)
        self.observed.setVisible(view.data)
        self.sample.setVisible(view.data)
        self.cloud.setVisible(view.cloud)
        self.cloud.set_lifted(view.lift)
        self.origins.setVisible(view.target or view.learnt)
        self.learnt.setVisible(view.learnt)
        self.handles.set_points(view.starts)
        self._drop_orphans()
        self._annotate()
        self._show_key()

    def set_extent(self, extent: Sequence[float]) -> None:
        """Show at least (x_min, x_max, y_min, y_max), now and whenever the view is reset."""
        self._home = Extent(*extent)
        self.reset_view()

    def reset_view(self) -> None:
        """Show the whole extent again."""
        home = self._home
        self.box.setRange(QRectF(home.x_min, home.y_min, home.width, home.height), padding=0.0)

    def show_all(self) -> None:
        """Show everything that is drawn, also where points and trajectories have gone."""
        places = [*self.target.curves, *self.learnt.curves, *self.user.curves, self.sample.points]
        if self.cloud.cloud is not None and self._view.cloud:
            places.append(self.cloud.cloud.ys[..., :2].reshape(-1, 2))
        home = self._home
        corners = np.array([[home.x_min, home.y_min], [home.x_max, home.y_max]])
        points = np.concatenate([corners, *(np.asarray(each, float).reshape(-1, 2) for each in places)])
        points = points[np.isfinite(points).all(axis=1)]
        (x_min, y_min), (x_max, y_max) = points.min(axis=0), points.max(axis=0)
        self.box.setRange(QRectF(x_min, y_min, x_max - x_min, y_max - y_min), padding=0.04)

    @property
    def extent(self) -> Extent:
        """All that is visible: what a portrait should cover."""
        (x_min, x_max), (y_min, y_max) = self.box.viewRange()
        return Extent(x_min, x_max, y_min, y_max)

    def set_target(self, ts: Curve, truth: Curve, observed: Curve) -> None:
        """The trajectories to learn: ts (times,), truth and observed (times, trajectories, 2)."""
        self._target_ts = np.asarray(ts, float)
        self.target.set_curves([truth[:, k] for k in range(truth.shape[1])])
        self.observed.set_curves([observed[:, k] for k in range(observed.shape[1])], self.box.pixel())
        self.origins.set_points(truth[0] if len(truth) else np.zeros((0, 2)))
        self._annotate()

    def set_sample(self, points: Curve, labels: NDArray[np.integer]) -> None:
        """The data as points (n, 2) of classes `labels` (n,)."""
        self.sample.set_points(points, labels)

    def set_picture(self, shown: Picture, extent: Sequence[float]) -> None:
        """What the task shows besides trajectories, its surface over `extent`."""
        self.surface_map.set_surface(shown.surface, Extent(*extent))
        self.cloud.set_cloud(shown.cloud)
        self.badges.set_figures(shown.figures)
        self.setAccessibleDescription(", ".join(self.badges.texts))
        self._show_key()

    def set_portrait(self, velocity: NDArray[np.floating], extent: Sequence[float]) -> None:
        """The field: velocity (nx, ny, 2), [i, j] at (x_i, y_j), over `extent`."""
        grid = VelocityGrid(velocity, Extent(*extent))
        self.heat_map.set_grid(grid)
        self.particle_layer.set_grid(grid)
        self.arrows.set_grid(grid)

    def clear_portrait(self) -> None:
        """Forget the field, for one that has nothing to do with it."""
        for item in (self.heat_map, self.particle_layer, self.arrows):
            item.set_grid(None)
        self.key.set_levels(None)

    def set_classes(self, count: int) -> None:
        """Draw points and trajectories in the colours of so many classes; of one, in those of data and of the field."""
        self._classes = count
        self._restyle(theme.current())

    def set_learnt(
        self,
        curves: Sequence[Curve],
        times: Sequence[Curve] | None = None,
        labels: NDArray[np.integer] | None = None,
        layers: Sequence[Curve] = (),
    ) -> None:
        """The field's own trajectories, each (n, 2), their times and their classes; without times, as the target's.

        `layers` are the same as a ResNet has them, each (layers + 1, 2): those are bright then, the others behind them.
        """
        self.learnt.set_curves(curves, labels, layers)
        self._learnt_times = self._timed(curves, times)
        self._annotate()

    def set_user(
        self,
        starts: Sequence[Point],
        curves: Sequence[Curve],
        times: Sequence[Curve] | None = None,
        layers: Sequence[Curve] = (),
    ) -> None:
        """The trajectories from the user's `starts`, one each, and as layers have them.

        Where the dots stand is for `set_view` to say.
        """
        self.user.set_curves(curves, layers=layers)
        self._user_starts = tuple((float(x), float(y)) for x, y in starts)
        self._user_times = self._timed(curves, times)
        self._drop_orphans()
        self._annotate()

    def set_time(self, t: float | None) -> None:
        """Mark time `t` on every curve; None marks nothing."""
        self._t = t
        self.cloud.set_time(t or 0.0)
        self._mark()

    def tick(self, seconds: float) -> None:
        """Let `seconds` pass: particles move. Hidden, it costs nothing."""
        if self.isVisible():
            self.particle_layer.tick(seconds)
            self.heat_map.tick(seconds)
            self.surface_map.tick(seconds)
            self._show_levels()

    def set_detail(self, share: float) -> None:
        """Draw this share of the particles: what the frame clock asks for when frames take too long."""
        self.particle_layer.set_share(share)

    def grab_image(self, scale: float = 1.0) -> QImage:
        """The plane as a picture, `scale` times its size on screen."""
        return picture.grab_image(self.canvas, scale)

    def write_svg(self, path: str | os.PathLike[str]) -> None:
        """The plane as an SVG file."""
        picture.write_svg(self.canvas, path)

    # How it stays in step with itself

    def _removed(self, index: int) -> None:
        self._drop_orphans()
        self.startRemoved.emit(index)

    def _show_key(self) -> None:
        """Say what the background is of."""
        kind = self.surface_map.kind
        if self._view.background == "surface" and kind is not None:
            self.key.set_map(SYMBOLS[kind], self.surface_map.ramp)
        else:
            self.key.set_map("|f|", self._speeds)
        self._show_levels()

    def _show_levels(self) -> None:
        of = {"speed": self.heat_map.levels, "surface": self.surface_map.levels, "none": None}
        levels = of[self._view.background]
        self.key.set_levels(levels)
        self.class_key.set_count(self._classes if self._classes > 2 and levels is None else 0)
        self._clear_names()

    def _covered(self) -> list[QRectF]:
        """What lies over the plane, in its pixels."""
        return [*self.badges.covered(), *self.key.covered(), *self.class_key.covered()]

    def _clear_names(self) -> None:
        """Names of curves make room as soon as something else lies over the plane."""
        covered = self._covered()
        if covered != self._was_covered:
            self._was_covered = covered
            self.labels.arrange()

    def _range_changed(self, *_: object) -> None:
        extent = self.extent
        self.arrows.set_visible_extent(extent)
        self.observed.thin(self.box.pixel())
        if extent != self._told and extent.width > 0 and extent.height > 0:
            self._told = extent
            self.extentChanged.emit(tuple(extent))

    def _timed(self, curves: Sequence[Curve], times: Sequence[Curve] | None) -> tuple[Curve, ...]:
        if times is not None:
            return tuple(times)
        ts = self._target_ts if len(self._target_ts) else np.array([0.0, 1.0])
        return tuple(np.linspace(ts[0], ts[-1], len(curve)) for curve in curves)

    def _drop_orphans(self) -> None:
        """A removed start takes its curve with it at once; a moved one keeps the old curve until the new one comes."""
        if len(self._user_starts) <= len(self.handles.points):
            return
        present = set(self.handles.points)
        keep = [i for i, start in enumerate(self._user_starts) if start in present and i < len(self.user.curves)]
        self._user_starts = tuple(self._user_starts[i] for i in keep)
        self._user_times = tuple(self._user_times[i] for i in keep)
        self.user.keep(keep)
        self._mark()

    def _annotate(self) -> None:
        colours, named = theme.current(), []
        if self.target.isVisible() and self.target.curves:
            named += _named_at("target", colours.blue, self.target.curves[0])
        if self.learnt.isVisible():
            pairs = list(zip(self.learnt.labels.tolist(), self.learnt.bright, strict=True))
            for label, curve in sorted(dict(reversed(pairs)).items()):
                text = "learnt" if self._classes == 1 else f"class {label + 1}"
                named += _named_at(text, colours.orange if self._classes == 1 else self.learnt.colour(label), curve)
            if self.learnt.layers:
                named += _named_at("ODE", colours.secondary, self.learnt.curves[0])
        lines = ((self.target, self.target.curves), (self.learnt, self.learnt.bright), (self.user, self.user.bright))
        curves = [np.asarray(curve, float) for family, drawn in lines if family.isVisible() for curve in drawn]
        points = np.concatenate([np.zeros((0, 2)), *curves])
        self.labels.show(named, points[np.isfinite(points).all(axis=1)])
        self._mark()

    def _mark(self) -> None:
        colours, timed = theme.current(), []
        if self._view.target:
            timed += [Timed(self._target_ts, curve, colours.observed) for curve in self.target.curves]
        pairs = zip(self._user_times, self.user.bright, strict=False)
        timed += [Timed(_spread(ts, curve), curve, colours.user) for ts, curve in pairs]
        if self._view.learnt and not (self._view.cloud and self.cloud.cloud is not None):
            classed = zip(self._learnt_times, self.learnt.labels.tolist(), self.learnt.bright, strict=False)
            timed += [Timed(_spread(ts, curve), curve, self.learnt.colour(label)) for ts, label, curve in classed]
        self.marks.show_at(self._t, timed)

    def _restyle(self, colours: Theme) -> None:
        self.box.setBackgroundColor(QColor(colours.canvas))
        self._speeds = ramp(colours.slow, colours.fast)
        self.heat_map.set_colours(self._speeds)
        self.surface_map.set_theme(colours)
        self.particle_layer.set_colours(fade(colours.particle, colours.particle_opacity))
        self.arrows.set_colour(colours.arrow)
        self.target.set_colour(colours.ghost)
        several = self._classes > 1
        self.learnt.set_colours(colours.classes if several else (colours.learnt,), colours.canvas)
        self.cloud.set_colours(colours.classes if several else (colours.learnt,), colours.canvas, colours.arrow)
        still = colours.classes if several else (colours.observed,)
        self.sample.set_colours([mixed(colour, colours.canvas, STILL) for colour in still])
        self.user.set_colour(colours.user, colours.canvas)
        self.observed.set_colour(colours.observed)
        self.origins.setBrush(pg.mkBrush(colours.observed))
        self.origins.setPen(pg.mkPen(colours.canvas, width=2))
        self.handles.set_colours(colours.user, colours.canvas)
        self.marks.set_rim(colours.canvas)
        self.badges.set_theme()
        self._annotate()
        self._show_key()


def _spread(ts: Curve, curve: Curve) -> Curve:
    """The times of a curve from the first to the last of `ts`: these, or as evenly as layers are."""
    return ts if len(ts) == len(curve) or not len(ts) else np.linspace(ts[0], ts[-1], len(curve))


def _named_at(text: str, colour: str, curve: Curve) -> list[Named]:
    """The name at the curve's end; none where the curve has no point."""
    end = end_of(curve)
    return [] if end is None else [Named(text, colour, *end)]
