"""How fast a ResNet of equal layers becomes an ODE: Euler's states beside those of the flow, at every depth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from msgspec.structs import replace
from torch import Tensor

from nodeviz.analysis.report import Chart, Column, Report, Series, Table
from nodeviz.analysis.study import Subject
from nodeviz.tasks.classification import ClassifyRun, Labelled
from nodeviz.tasks.classify import as_classify
from nodeviz.tasks.learnt import Learnt, place
from nodeviz.tasks.read_out import accuracy
from solver import solve

DEPTHS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
FITTED = 8
"""The depth from which the slope is fitted: with fewer layers a step is too long for its order to show."""
POINTS = 400
TOLERANCE = 1e-9
"""Of the flow that is taken for exact, in float64."""
COLUMNS = (
    Column("layers", sentence="Steps of Euler's method, all with the one field's weights."),
    Column(
        "distance", digits=3, sentence="Of the states after the last layer from those the flow ends at, on average."
    ),
    Column("held-out accuracy", "%", 4, "How many of the points that training does not see are told apart."),
)


class AtDepth(NamedTuple):
    """One ResNet: its layers, the mean distance of its states from the flow's, and its accuracy in per cent."""

    layers: int
    distance: float
    accuracy: float


class TrainedFlow(NamedTuple):
    """A trained flow in float64, with the points that judge it."""

    learnt: Learnt
    points: Labelled
    run: ClassifyRun
    attend: Callable[[], None]

    def accuracy_of(self, states: Tensor) -> float:
        """In per cent, read off `states` (n, dim)."""
        return 100 * accuracy(self.run.read_out(self.learnt).logits(states), self.points.labels)

    def velocity(self, t: Tensor | float, y: Tensor) -> Tensor:
        """The field, looking up from the work at every evaluation."""
        self.attend()
        return self.learnt.field.evaluate(float(t), y)


@torch.no_grad()
def reports(subject: Subject) -> Iterator[Report]:
    """One depth more in every report; the last one says how fast the gap closes."""
    flow = _trained_flow(subject)
    mark = float(subject.experiment.view.layers) or None
    ts = torch.tensor([0.0, flow.run.end], dtype=torch.float64)
    exact = solve(flow.velocity, flow.points.states, ts, method="dop853", rtol=TOLERANCE, atol=TOLERANCE)
    if not exact.status.ok:
        yield Report(sentence=f"The flow cannot be followed to its end. {exact.status.sentence}", done=True)
        return
    limit, found = flow.accuracy_of(exact.ys[-1]), []
    for depth in DEPTHS:
        states = _through(flow, depth)
        distance = float((states - exact.ys[-1]).norm(dim=-1).mean())
        found.append(AtDepth(depth, distance, flow.accuracy_of(states)))
        yield Report(_table(found, limit), _chart(found, mark), f"Up to {depth} of {DEPTHS[-1]} layers so far.")
    yield Report(_table(found, limit), _chart(found, mark), _conclusion(found, limit), done=True)


def _trained_flow(subject: Subject) -> TrainedFlow:
    experiment = subject.experiment
    here = replace(experiment, training=replace(experiment.training, device="cpu"))
    run = ClassifyRun(as_classify(here.task), here)
    learnt = place(experiment.field, subject.theta).learnt.double()
    return TrainedFlow(learnt, run.held_out.some(slice(POINTS), like=learnt.own), run, subject.attend)


def _through(flow: TrainedFlow, layers: int) -> Tensor:
    """Where so many layers take the points."""
    states, length = flow.points.states, flow.run.end / layers
    for k in range(layers):
        states = states + length * flow.velocity(k * length, states)
    return states


def _table(found: list[AtDepth], limit: float) -> Table:
    rows = tuple((f"{one.layers}", one.distance, one.accuracy) for one in found)
    return Table(COLUMNS, (*rows, ("the ODE", 0.0, limit)))


def _chart(found: list[AtDepth], mark: float | None) -> Chart:
    depths, distances = tuple(float(one.layers) for one in found), tuple(one.distance for one in found)
    guide = tuple(distances[-1] * depths[-1] / depth for depth in depths)
    return Chart(
        "layers",
        "mean distance",
        (Series("ResNet", depths, distances), Series("slope \u22121", depths, guide, "guide")),
        log_x=True,
        log_y=True,
        mark=mark,
    )


def slope_of(found: list[AtDepth]) -> float | None:
    """Of log distance over log layers, fitted to all from `FITTED` layers on; None where the field stands still."""
    deep = [one for one in found if one.layers >= FITTED]
    if not all(one.distance > 0 for one in deep):
        return None
    slope, _ = np.polyfit(np.log([one.layers for one in deep]), np.log([one.distance for one in deep]), 1)
    return float(slope)


def _conclusion(found: list[AtDepth], limit: float) -> str:
    slope = slope_of(found)
    if slope is None:
        return "The field stands still, and a ResNet of it is the ODE at any depth."
    as_good = next((one.layers for one in found if _from_here_on(found, one, limit)), None)
    enough = "" if as_good is None else f" {_from(as_good)} as many points are told apart as by the ODE."
    falls = f"The distance falls with slope {slope:.2f} in the number of layers; Euler's method has -1."
    return falls.replace("-", "\u2212") + enough


def _from(layers: int) -> str:
    return "With any number of layers" if layers == DEPTHS[0] else f"From {layers} layers on"


def _from_here_on(found: list[AtDepth], one: AtDepth, limit: float) -> bool:
    return all(deeper.accuracy == limit for deeper in found if deeper.layers >= one.layers)
