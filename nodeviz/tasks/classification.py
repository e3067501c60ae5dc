"""Training a flow and its read-out to tell classes apart, and what the plane shows of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from msgspec.structs import replace
from torch import Tensor

from nodeviz.datasets.declared import Points
from nodeviz.fields.layout import size_of
from nodeviz.tasks.device import chosen_device
from nodeviz.tasks.flowing import Flow
from nodeviz.tasks.learnt import Learnt
from nodeviz.tasks.lift import lifted
from nodeviz.tasks.picture import Cloud, Figure, Picture, Surface, Viewpoint, layers_in_words
from nodeviz.tasks.read_out import ReadOut, accuracy, cross_entropy, probabilities
from nodeviz.tasks.run import LossResult, Problem, Run
from nodeviz.tasks.solving import SolverSettings, solve_as_set

if TYPE_CHECKING:
    from nodeviz.tasks.classify import Classify
    from solver import Solution

COARSEST = 1e-3
"""The tolerance of what is drawn, unless a looser one is set: errors far below a pixel."""
CLOUD, CLOUD_TIMES = 400, 24
"""Points that are drawn as they move, and when they are known."""
JUDGED = 1000
"""Points that a live figure is of: its standard error is below two hundredths."""


class Labelled(NamedTuple):
    """Points as tensors: states (n, dim) float64, and the class of each, labels (n,)."""

    states: Tensor
    labels: Tensor

    def some(self, rows: slice | Tensor, like: Tensor) -> Labelled:
        """Those in `rows`, on the device and in the dtype of `like`."""
        return Labelled(self.states[rows].to(like), self.labels[rows].to(like.device))


class ClassifyRun(Run):
    """The task `Classify` under way: its points, those that train and those held out, and where the flow ends."""

    def __init__(self, task: Classify, problem: Problem) -> None:
        dataset = task.classed(problem.dataset)
        data = dataset.sample(problem.training.seed)
        self._batch = min(task.batch or len(data.train.labels), len(data.train.labels))
        parameters = size_of(problem.field.layout())
        self.device = chosen_device(problem.training.device, parameters * self._batch)
        self._rows = task.logits(problem.dataset)
        self.end = task.end
        self._span = torch.tensor([0.0, task.end], dtype=torch.float64)
        self._lift = partial(lifted, field=problem.field)
        self.train, self.held_out = (self._labelled(points) for points in data)
        self._judged = _joined(self.held_out, self.train)

    def loss(self, learnt: Learnt, generator: np.random.Generator, solver: SolverSettings) -> LossResult:
        """The cross-entropy of a minibatch of training points."""
        batch = self.draw(generator, like=learnt.own)
        solution = solve_as_set(solver, learnt.field, batch.states, self._span)
        loss = cross_entropy(self.read_out(learnt).logits(solution.ys[-1]), batch.labels)
        return LossResult(loss, solution.stats, solution.status)

    def draw(self, generator: np.random.Generator, like: Tensor) -> Labelled:
        """A minibatch of training points, on the device and in the dtype of `like`."""
        points = len(self.train.labels)
        if self._batch == points:
            return self.train.some(slice(None), like)
        return self.train.some(torch.from_numpy(generator.integers(points, size=self._batch)), like)

    def read_out(self, learnt: Learnt) -> ReadOut:
        """The straight cut behind the flow."""
        return ReadOut.of(learnt.own, self._rows)

    def evaluate(self, learnt: Learnt, solver: SolverSettings) -> float:
        """The cross-entropy of the held-out points."""
        held_out = self.held_out.some(slice(None), like=learnt.own)
        with torch.no_grad():
            solution = solve_as_set(solver, learnt.field, held_out.states, self._span)
            return float(cross_entropy(self.read_out(learnt).logits(solution.ys[-1]), held_out.labels))

    def picture(self, learnt: Learnt, viewpoint: Viewpoint, solver: SolverSettings) -> Picture:
        """The class of every place at the viewpoint's time, points on their way, and how many are told apart."""
        coarse = replace(solver, rtol=max(solver.rtol, COARSEST), atol=max(solver.atol, COARSEST))
        ode = Flow(coarse, self.end)
        flow = ode._replace(layers=viewpoint.layers)
        if not len(self._judged.labels):  # the data are lost
            return Picture(surface=self._surface(learnt, viewpoint, flow))
        judged = self._judged.some(slice(None), like=learnt.own)
        solution = flow.solve(learnt.field, judged.states, flow.times(CLOUD_TIMES))
        logits = self.read_out(learnt).logits(solution.ys[-1])
        compared = self._compared(learnt, flow, ode, logits) if flow.layers else self._figures(learnt, logits)
        return Picture(
            surface=self._surface(learnt, viewpoint, flow),
            cloud=_cloud(solution, judged),
            figures=compared,
        )

    def _surface(self, learnt: Learnt, viewpoint: Viewpoint, flow: Flow) -> Surface:
        x0, x1, y0, y1 = viewpoint.extent
        grid = viewpoint.grid
        states = self._lift(torch.cartesian_prod(torch.linspace(x0, x1, grid), torch.linspace(y0, y1, grid)))
        states = flow.rest(learnt.field, states, viewpoint.t)
        found = probabilities(self.read_out(learnt).logits(states))
        return Surface("classes", found.view(grid, grid, *found.shape[1:]).numpy())

    def _figures(self, learnt: Learnt, logits: Tensor) -> tuple[Figure, ...]:
        held = min(JUDGED, len(self.held_out.labels))
        parts = (
            ("held-out accuracy", slice(held), "How many points that training does not see are told apart."),
            ("training accuracy", slice(held, None), "How many points that training sees are told apart."),
        )
        accuracies = (
            Figure(label, 100 * accuracy(logits[part], self._judged.labels[part]), "%", sentence)
            for label, part, sentence in parts
        )
        parameters = learnt.field.theta.numel() + learnt.own.numel()
        return (*accuracies, Figure("parameters", parameters, "", "Weights of the field and of the read-out."))

    def _compared(self, learnt: Learnt, net: Flow, ode: Flow, logits: Tensor) -> tuple[Figure, ...]:
        """Accuracy and loss of the net, whose `logits` are known, beside those of the flow that it approximates."""
        held_out = self._judged.some(slice(min(JUDGED, len(self.held_out.labels))), like=learnt.own)
        ends = ode.solve(learnt.field, held_out.states, ode.times(2)).ys[-1]
        of_each = (
            (layers_in_words(net.layers), logits[: len(held_out.labels)]),
            ("ODE", self.read_out(learnt).logits(ends)),
        )
        return tuple(figure for name, known in of_each for figure in _judged(name, known, held_out.labels))

    def _labelled(self, points: Points) -> Labelled:
        return Labelled(self._lift(torch.tensor(points.ys)), torch.tensor(points.labels))


def _judged(name: str, logits: Tensor, labels: Tensor) -> tuple[Figure, Figure]:
    """How well the net or the flow of that name tells held-out points apart."""
    return (
        Figure(f"{name}: accuracy", 100 * accuracy(logits, labels), "%", "Of points that training does not see."),
        Figure(f"{name}: loss", float(cross_entropy(logits, labels)), "nats", "Cross-entropy of the same points."),
    )


def _joined(held_out: Labelled, train: Labelled) -> Labelled:
    """The first of both, as many as figures are of: those held out, then those of the training."""
    parts = zip(held_out, train, strict=True)
    return Labelled(*(torch.cat((before[:JUDGED], after[:JUDGED])) for before, after in parts))


def _cloud(solution: Solution, judged: Labelled) -> Cloud:
    """The first points on their way, with one augmented dimension where there is any."""
    ys = solution.ys[:, :CLOUD, :3]
    return Cloud(solution.ts.numpy(), ys.numpy(), judged.labels[:CLOUD].to(torch.uint8).numpy())
