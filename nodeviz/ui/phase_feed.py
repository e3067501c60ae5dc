"""PhaseFeed: what the phase plane is shown, and when. From the store and the engine to the plane, and back."""

from __future__ import annotations

from itertools import count

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from nodeviz.engine.messages import Portrait, TrajectoriesSolved
from nodeviz.engine.packed import Curve, unpack
from nodeviz.experiment import Experiment
from nodeviz.export import Trajectory
from nodeviz.fields.formula import FormulaField
from nodeviz.tasks.picture import Cloud, Picture, Surface
from nodeviz.ui.engine_link import EngineLink
from nodeviz.ui.inspection import Scene, Starts
from nodeviz.ui.plots.phase_plane import PhasePlane
from nodeviz.ui.plots.time_scrubber import TimeScrubber
from nodeviz.ui.plots.velocity_grid import Extent
from nodeviz.ui.shown_data import shown_data
from nodeviz.ui.store import ExperimentStore

PREVIEW_GRID = 64
MOST_STARTS = 64
BEYOND = 0.05
"""How much more than is visible is asked for on every side, so that panning shows no bare edge."""

_gestures = count()


class PhaseFeed(QObject):
    """Where the inspector has not answered yet, the field is drawn from the weights known here, in numpy.

    So it flows at the first frame, and a view that is moved or made larger is filled at once.
    """

    def __init__(self, store: ExperimentStore, link: EngineLink, plane: PhasePlane, scrubber: TimeScrubber) -> None:
        super().__init__(plane)
        self._store, self._link, self._plane, self._scrubber = store, link, plane, scrubber
        self._t = 0.0
        self._gesture: object = None
        self._answered = False
        self._covered: Extent | None = None
        self._learnt: tuple[Trajectory, ...] = ()
        self._user: tuple[Trajectory, ...] = ()
        self._learnt_labels = np.zeros(0, np.int64)
        experiment = store.experiment
        plane.set_extent(experiment.dataset.extent)
        plane.set_view(experiment.view)
        self._show_data(experiment)
        scrubber.set_time(experiment.task.looked_at(experiment.dataset))
        self._t = scrubber.time
        plane.set_time(self._t)
        self.preview()
        plane.startPlaced.connect(self._place)
        plane.startMoved.connect(self._move)
        plane.startDropped.connect(self._drop)
        plane.startRemoved.connect(self._remove)
        plane.extentChanged.connect(lambda extent: self._on_extent())
        scrubber.timeChanged.connect(self._set_time)
        store.changed.connect(self._on_changed)
        link.portrayed.connect(self._on_portrait)
        link.solved.connect(self._on_trajectories)
        link.runBegun.connect(lambda step: self._on_run())
        self._look()

    @property
    def trajectories(self) -> tuple[Trajectory, ...]:
        """What is drawn, for whoever exports it: the learnt trajectories, then those of the user's starts."""
        return self._learnt + self._user

    def preview(self) -> None:
        """Draw the field from the weights known here: those of the checkpoint, or the seed's."""
        field, extent = self._store.experiment.field, self._plane.extent.widened(BEYOND)
        theta = self._store.experiment.initial_parameters()
        checkpoint = self._link.checkpoint
        if checkpoint is not None and unpack(checkpoint.theta).shape == theta.shape:
            theta = unpack(checkpoint.theta)
        theta = self._store.experiment.of_field(theta)
        x = np.linspace(extent.x_min, extent.x_max, PREVIEW_GRID, dtype=np.float32)
        y = np.linspace(extent.y_min, extent.y_max, PREVIEW_GRID, dtype=np.float32)
        points = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)
        with np.errstate(all="ignore"):
            velocity = field.velocity(theta, self._t, points)
        self._show_field(velocity.reshape(PREVIEW_GRID, PREVIEW_GRID, 2), extent)

    def _show_field(self, velocity: NDArray[np.floating], extent: Extent) -> None:
        self._covered = extent
        self._plane.set_portrait(velocity, extent)

    # ---- from the store ---------------------------------------------------------------------------------------------

    def _on_changed(self, before: Experiment, after: Experiment) -> None:
        if before.view != after.view:
            self._plane.set_view(after.view)
        if before.view.starts != after.view.starts:
            self._ask_trajectories()
        if _drawn_from(before) != _drawn_from(after):
            if before.dataset.extent != after.dataset.extent:
                self._plane.set_extent(after.dataset.extent)
            self._show_data(after)
        if type(before.task) is not type(after.task):
            self._begin_task(after)
        # What is typed flows at once, also where its trajectories take the inspector seconds.
        if before.field != after.field and (not self._answered or isinstance(after.field, FormulaField)):
            self.preview()
        self._look()

    def _show_data(self, experiment: Experiment) -> None:
        task, data = experiment.task, shown_data(experiment)
        self._learnt_labels = data.class_at(task.starts(experiment.dataset, experiment.training.seed))
        self._plane.set_classes(data.classes)
        self._plane.set_target(data.ts, data.truth, data.observed)
        self._plane.set_sample(data.points, data.labels)
        self._scrubber.set_duration(float(task.times(experiment.dataset)[-1]))

    def _begin_task(self, experiment: Experiment) -> None:
        """Nothing that the last task showed is left, and the time is one at which there is something to see."""
        self._learnt = self._user = ()
        self._plane.set_learnt(())
        self._plane.set_user((), ())
        self._plane.set_picture(Picture(), self._plane.extent)
        self._scrubber.set_time(experiment.task.looked_at(experiment.dataset))

    def _look(self) -> None:
        extent = self._plane.extent.widened(BEYOND)
        experiment = self._store.experiment
        t = self._t if _moves(experiment) else 0.0
        self._link.inspection.look(Scene(extent, t, experiment.view.starts, _layers(experiment)))

    def _on_extent(self) -> None:
        visible = self._plane.extent
        if self._covered is None or self._covered.intersected(visible) != visible:
            self.preview()
        self._look()

    def _ask_trajectories(self) -> None:
        starts = self._store.experiment.view.starts
        if starts:
            self._link.inspection.ask_trajectories(starts, _layers(self._store.experiment))
        else:
            self._user = ()
            self._plane.set_user((), ())

    # ---- from the engine --------------------------------------------------------------------------------------------

    def _on_portrait(self, portrait: Portrait) -> None:
        self._answered = True
        covered, visible = Extent(*portrait.extent), self._plane.extent
        if covered.intersected(visible) == visible:  # or else it is of a view that was left, and a newer one comes
            self._show_field(unpack(portrait.velocity), covered)
            self._plane.set_picture(picture_in(portrait), covered)
        self._learnt = _named("learnt", portrait.learnt)
        ys, ts = [each.ys for each in self._learnt], [each.ts for each in self._learnt]
        self._plane.set_learnt(ys, ts, self._learnt_labels, _states(portrait.learnt_layers))
        starts = self._store.experiment.view.starts
        if starts and self._link.inspection.asked_starts == starts:
            self._show_user(starts, portrait.user, portrait.user_layers)

    def _on_trajectories(self, solved: TrajectoriesSolved) -> None:
        starts = tuple((float(ys[0, 0]), float(ys[0, 1])) for ys in (unpack(curve.ys) for curve in solved.curves))
        self._show_user(starts, solved.curves, solved.layers)

    def _show_user(self, starts: Starts, curves: tuple[Curve, ...], layers: tuple[Curve, ...]) -> None:
        self._user = _named("start", curves)
        ys, ts = [each.ys for each in self._user], [each.ts for each in self._user]
        self._plane.set_user(starts, ys, ts, _states(layers))

    def _on_run(self) -> None:
        if not self._answered:
            self.preview()

    # ---- from the pointer -------------------------------------------------------------------------------------------

    def _place(self, x: float, y: float) -> None:
        self._gesture = None
        starts = self._store.experiment.view.starts
        self._store.edit("view.starts", (*starts[-MOST_STARTS + 1 :], (x, y)))

    def _move(self, index: int, x: float, y: float) -> None:
        if self._gesture is None:
            self._gesture = ("start", next(_gestures))
        self._put(index, (x, y))

    def _drop(self, index: int, x: float, y: float) -> None:
        self._put(index, (x, y))
        self._gesture = None

    def _remove(self, index: int) -> None:
        starts = self._store.experiment.view.starts
        self._store.edit("view.starts", starts[:index] + starts[index + 1 :])

    def _put(self, index: int, point: tuple[float, float]) -> None:
        starts = self._store.experiment.view.starts
        if index < len(starts):
            self._store.edit("view.starts", (*starts[:index], point, *starts[index + 1 :]), gesture=self._gesture)

    def _set_time(self, t: float) -> None:
        self._t = t
        self._plane.set_time(t)
        if _moves(self._store.experiment):
            self._look()
            if not self._answered:
                self.preview()


def _drawn_from(experiment: Experiment) -> tuple[object, ...]:
    """What the data shown depend on, and the times they are shown at."""
    return (experiment.task, experiment.dataset, experiment.training.seed)


def _layers(experiment: Experiment) -> int:
    """Of the net that is looked at; only a classifier's flow has an end to be counted to."""
    return experiment.view.layers if experiment.task.shows == "classes" else 0


def _moves(experiment: Experiment) -> bool:
    """Whether the plane looks otherwise at another time, besides the points that are carried along."""
    moving = experiment.view.background == "surface" and experiment.task.picture_moves()
    return moving or not experiment.field.autonomous


def picture_in(portrait: Portrait) -> Picture:
    """What the task shows, as the inspector sent it."""
    surface, cloud = portrait.surface, portrait.cloud
    return Picture(
        None if surface is None else Surface(surface.kind, unpack(surface.values)),
        None if cloud is None else Cloud(unpack(cloud.ts), unpack(cloud.ys), unpack(cloud.labels)),
        portrait.figures,
    )


def _states(curves: tuple[Curve, ...]) -> list[NDArray[np.floating]]:
    return [unpack(curve.ys) for curve in curves]


def _named(label: str, curves: tuple[Curve, ...]) -> tuple[Trajectory, ...]:
    names = [label] if len(curves) == 1 else [f"{label} {place}" for place in range(1, len(curves) + 1)]
    return tuple(
        Trajectory(name, unpack(curve.ts), unpack(curve.ys)) for name, curve in zip(names, curves, strict=True)
    )
