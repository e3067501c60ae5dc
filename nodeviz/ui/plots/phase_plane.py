"""The phase plane: the field, what it carries, what is to be learnt and what has been."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QPixmapCache
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nodeviz.experiment import ViewSettings
from nodeviz.ui import theme
from nodeviz.ui.plots import picture
from nodeviz.ui.plots.arrows import Arrows
from nodeviz.ui.plots.end_labels import EndLabels, Named
from nodeviz.ui.plots.frame import ThemedPlot
from nodeviz.ui.plots.heat_map import HeatMap
from nodeviz.ui.plots.observed import ObservedPoints
from nodeviz.ui.plots.particle_layer import ParticleLayer
from nodeviz.ui.plots.plane_view import PlaneView
from nodeviz.ui.plots.ramp import fade, ramp
from nodeviz.ui.plots.speed_key import SpeedKey
from nodeviz.ui.plots.starts import Point, StartHandles
from nodeviz.ui.plots.time_marks import Timed, TimeMarks
from nodeviz.ui.plots.trajectories import CurveFamily, end_of
from nodeviz.ui.plots.velocity_grid import Extent, VelocityGrid
from nodeviz.ui.theme import Theme

Curve = NDArray[np.floating]
LAYERS_KILOBYTES = 160_000
KEY_ZOOM, KEY_STEP = 0.8, 6.0  # one press of + shows so much of what was shown; one arrow key moves so many pixels

WAYS: dict[int, tuple[int, int]] = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}


class PhasePlane(QWidget):
    """Shows what it is given and tells what the pointer asks for. All coordinates are the plane's own.

    A click places a start, a drag moves it or pans, the wheel zooms, a double click shows everything again,
    a right click or Delete removes a start; the signals say so and the owner answers by `set_view`.
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
        self._t: float | None = None
        self._target_ts: Curve = np.zeros(0)
        self._learnt_times: tuple[Curve, ...] = ()
        self._user_times: tuple[Curve, ...] = ()
        self._user_starts: tuple[Point, ...] = ()
        self._just_placed = False
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
        self.canvas = _Canvas(self.box)
        self.heat_map, self.particle_layer, self.arrows = HeatMap(), ParticleLayer(particles), Arrows()
        self.target, self.learnt, self.user = CurveFamily(6.0), CurveFamily(2.4), CurveFamily(1.8)
        self.observed, self.speed_key = ObservedPoints(), SpeedKey(self.box)
        self.origins = pg.ScatterPlotItem(size=11, pxMode=True, antialias=True)
        self.marks, self.handles = TimeMarks(), StartHandles()
        bottom_to_top = (
            self.heat_map,
            self.arrows,
            self.target,
            self.particle_layer,
            self.observed,
            self.user,
            self.learnt,
            self.origins,
            self.marks,
            self.handles,
        )
        for height, item in enumerate(bottom_to_top):
            item.setZValue(height)
            self.box.addItem(item, ignoreBounds=True)
        self.labels = EndLabels(self.box, over_pictures=True)
        self.canvas.restyled.connect(self._restyle)
        self.canvas.name_axes("x", "y")

    def _listen(self) -> None:
        self.box.clicked.connect(self._click)
        self.box.rightClicked.connect(self._right_click)
        self.box.doubleClicked.connect(self._double_click)
        self.box.pressed.connect(self._press)
        self.box.dragged.connect(self._drag)
        self.box.dropped.connect(self._drop)
        self.box.hovered.connect(self._hover)
        self.box.sigRangeChanged.connect(self._range_changed)
        self.box.sigResized.connect(self._range_changed)
        self.canvas.keyPressed.connect(self._key)

    # What is shown

    def set_view(self, view: ViewSettings) -> None:
        """Show what `view` says, and its starts."""
        self._view = view
        self.heat_map.setVisible(view.background == "speed")
        self.speed_key.setVisible(view.background == "speed")
        self.arrows.setVisible(view.arrows)
        self.particle_layer.setVisible(view.particles)
        self.target.setVisible(view.target)
        self.observed.setVisible(view.data)
        self.origins.setVisible(view.target or view.learnt)
        self.learnt.setVisible(view.learnt)
        self.handles.set_points(view.starts)
        self._drop_orphans()
        self._annotate()

    def set_extent(self, extent: Sequence[float]) -> None:
        """Show at least (x_min, x_max, y_min, y_max), now and whenever the view is reset."""
        self._home = Extent(*extent)
        self.reset_view()

    def reset_view(self) -> None:
        """Show the whole extent again."""
        home = self._home
        self.box.setRange(QRectF(home.x_min, home.y_min, home.width, home.height), padding=0.0)

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
        self.origins.setData(pos=truth[0] if len(truth) else np.zeros((0, 2)))
        self._annotate()

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
        self.speed_key.set_levels(None)

    def set_learnt(self, curves: Sequence[Curve], times: Sequence[Curve] | None = None) -> None:
        """The field's own trajectories, each (n, 2), and their times; without these, evenly over the target's."""
        self.learnt.set_curves(curves)
        self._learnt_times = self._timed(curves, times)
        self._annotate()

    def set_user(self, starts: Sequence[Point], curves: Sequence[Curve], times: Sequence[Curve] | None = None) -> None:
        """The trajectories from the user's `starts`, one each. Where the dots stand is for `set_view` to say."""
        self.user.set_curves(curves)
        self._user_starts = tuple((float(x), float(y)) for x, y in starts)
        self._user_times = self._timed(curves, times)
        self._drop_orphans()
        self._annotate()

    def set_time(self, t: float | None) -> None:
        """Mark time `t` on every curve; None marks nothing."""
        self._t = t
        self._mark()

    def tick(self, seconds: float) -> None:
        """Let `seconds` pass: particles move. Hidden, it costs nothing."""
        if self.isVisible():
            self.particle_layer.tick(seconds)
            self.heat_map.tick(seconds)
            self.speed_key.set_levels(self.heat_map.levels)

    def set_detail(self, share: float) -> None:
        """Draw this share of the particles: what the frame clock asks for when frames take too long."""
        self.particle_layer.set_share(share)

    def grab_image(self, scale: float = 1.0) -> QImage:
        """The plane as a picture, `scale` times its size on screen."""
        return picture.grab_image(self.canvas, scale)

    def write_svg(self, path: str | os.PathLike[str]) -> None:
        """The plane as an SVG file."""
        picture.write_svg(self.canvas, path)

    # What the pointer and the keyboard mean

    def _click(self, point: QPointF) -> None:
        near = self.handles.near((point.x(), point.y()))
        self._just_placed = near is None
        if near is None:
            self.handles.place((point.x(), point.y()))
            self.startPlaced.emit(point.x(), point.y())
        else:
            self.handles.active = near
            self.handles.update()

    def _double_click(self, _: QPointF) -> None:
        """Reset the view, and take back the start that the first of the two clicks placed."""
        if self._just_placed and self.handles.points:
            self._remove(len(self.handles.points) - 1)
        self._just_placed = False
        self.reset_view()

    def _right_click(self, point: QPointF) -> None:
        near = self.handles.near((point.x(), point.y()))
        if near is not None:
            self._remove(near)

    def _remove(self, index: int) -> None:
        self.handles.remove(index)
        self._drop_orphans()
        self.startRemoved.emit(index)

    def _press(self, point: QPointF) -> None:
        near = self.handles.near((point.x(), point.y()))
        if near is not None:
            self.box.grab()
            self.handles.active = self.handles.dragged = near

    def _drag(self, point: QPointF) -> None:
        index = self.handles.dragged
        if index is not None:
            self.handles.move(index, (point.x(), point.y()))
            self.startMoved.emit(index, point.x(), point.y())

    def _drop(self, point: QPointF) -> None:
        index, self.handles.dragged = self.handles.dragged, None
        if index is not None:
            self.handles.move(index, (point.x(), point.y()))
            self.startDropped.emit(index, point.x(), point.y())

    def _hover(self, point: QPointF | None) -> None:
        grabbable = self.handles.hover(None if point is None else (point.x(), point.y()))
        shape = Qt.CursorShape.OpenHandCursor if grabbable else Qt.CursorShape.CrossCursor
        if self.box.cursor().shape() != shape:
            self.box.setCursor(shape)

    def _key(self, event: QKeyEvent) -> None:
        key, active = event.key(), self.handles.active
        if key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and active is not None:
            self._remove(active)
        elif key in WAYS and active is not None:
            self._nudge(active, *WAYS[key])
        elif key in WAYS:
            self.box.translateBy(tuple(8 * KEY_STEP * self.box.pixel() * way for way in WAYS[key]))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.box.zoom(KEY_ZOOM)
        elif key == Qt.Key.Key_Minus:
            self.box.zoom(1 / KEY_ZOOM)
        else:
            event.ignore()
            return
        event.accept()

    def _nudge(self, index: int, right: int, up: int) -> None:
        x, y = self.handles.points[index]
        step = KEY_STEP * self.box.pixel()
        self.handles.move(index, (x + right * step, y + up * step))
        self.startDropped.emit(index, *self.handles.points[index])

    # How it stays in step with itself

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
        self.user.set_curves([self.user.curves[i] for i in keep])
        self._mark()

    def _annotate(self) -> None:
        colours, named = theme.current(), []
        families = (("target", self.target, colours.blue), ("learnt", self.learnt, colours.orange))
        for text, family, colour in families:
            end = end_of(family.curves[0]) if family.curves and family.isVisible() else None
            if end is not None:
                named.append(Named(text, colour, *end))
        drawn = [family for family in (self.target, self.learnt, self.user) if family.isVisible()]
        curves = [np.asarray(curve, float) for family in drawn for curve in family.curves]
        points = np.concatenate(curves) if curves else np.zeros((0, 2))
        self.labels.show(named, points[np.isfinite(points).all(axis=1)])
        self._mark()

    def _mark(self) -> None:
        colours, timed = theme.current(), []
        if self._view.target:
            timed += [Timed(self._target_ts, curve, colours.observed) for curve in self.target.curves]
        timed += [Timed(ts, curve, colours.user) for ts, curve in zip(self._user_times, self.user.curves, strict=False)]
        if self._view.learnt:
            pairs = zip(self._learnt_times, self.learnt.curves, strict=False)
            timed += [Timed(ts, curve, colours.learnt) for ts, curve in pairs]
        self.marks.show_at(self._t, timed)

    def _restyle(self, colours: Theme) -> None:
        self.box.setBackgroundColor(QColor(colours.canvas))
        speeds = ramp(colours.slow, colours.fast)
        self.heat_map.set_colours(speeds)
        self.speed_key.set_colours(speeds)
        self.particle_layer.set_colours(fade(colours.particle, colours.particle_opacity))
        self.arrows.set_colour(colours.arrow)
        self.target.set_colour(colours.ghost)
        self.learnt.set_colour(colours.learnt)
        self.user.set_colour(colours.user)
        self.observed.set_colour(colours.observed)
        self.origins.setBrush(pg.mkBrush(colours.observed))
        self.origins.setPen(pg.mkPen(colours.canvas, width=2))
        self.handles.set_colours(colours.user, colours.canvas)
        self.marks.set_rim(colours.canvas)
        self._annotate()


class _Canvas(ThemedPlot):
    """The plot inside the plane: passes on the theme and the keys."""

    restyled = Signal(object)
    keyPressed = Signal(QKeyEvent)

    def restyle(self, colours: Theme) -> None:
        self.restyled.emit(colours)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.keyPressed.emit(event)
