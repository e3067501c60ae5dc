"""Classifying: what the loss teaches, and what the plane shows of it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nodeviz.datasets import Moons, Spiral
from nodeviz.engine.trainer import Trainer
from nodeviz.experiment import Experiment
from nodeviz.fields import MLPField
from nodeviz.fields.layout import size_of
from nodeviz.tasks import Classify, SolverSettings
from nodeviz.tasks.learnt import Learnt, place
from nodeviz.tasks.picture import Picture, Viewpoint
from nodeviz.tasks.read_out import ReadOut

LOOSE = SolverSettings(rtol=1e-3, atol=1e-3)
MOONS = Experiment(task=Classify(), dataset=Moons(points=400), field=MLPField(width=16, cubed=False), solver=LOOSE)
EXTENT = Moons().extent


def learnt_of(experiment: Experiment) -> Learnt:
    return place(experiment.field, experiment.initial_parameters()).learnt


def pictured(experiment: Experiment, learnt: Learnt, t: float, grid: int = 9) -> Picture:
    with torch.no_grad():
        return experiment.task.begin(experiment).picture(learnt, Viewpoint(EXTENT, t, grid), experiment.solver)


def grid_points(grid: int) -> torch.Tensor:
    x0, x1, y0, y1 = EXTENT
    return torch.cartesian_prod(torch.linspace(x0, x1, grid), torch.linspace(y0, y1, grid))


@pytest.fixture(scope="module")
def trained() -> Learnt:
    trainer = Trainer(MOONS)
    for _ in range(80):
        trainer.step()
    return place(MOONS.field, trainer.shown()).learnt


@pytest.mark.parametrize("gradient", ["checkpointed", "direct", "backsolve"])
def test_the_gradient_of_the_loss_is_that_of_finite_differences_in_the_field_and_the_read_out(gradient: str) -> None:
    solver = SolverSettings(rtol=1e-9, atol=1e-9, gradient=gradient)
    run, learnt = MOONS.task.begin(MOONS), learnt_of(MOONS).double()
    found = learnt.gradient(run.loss(learnt, np.random.default_rng(0), solver).loss)
    places, draw = learnt.field.theta.numel(), np.random.default_rng(3)
    for leaf, part in ((learnt.field.theta, found[:places]), (learnt.own, found[places:])):
        direction, sides = torch.from_numpy(draw.standard_normal(leaf.shape)), []
        for step in (1e-5, -1e-5):
            with torch.no_grad():
                leaf.add_(step * direction)
                sides.append(float(run.loss(learnt, np.random.default_rng(0), solver).loss))
                leaf.sub_(step * direction)
        assert float(part @ direction) == pytest.approx((sides[0] - sides[1]) / 2e-5, rel=1e-4, abs=1e-8)


def test_at_the_end_the_surface_is_the_straight_read_out() -> None:
    learnt = learnt_of(MOONS)
    surface = pictured(MOONS, learnt, t=1.0).surface
    expected = torch.sigmoid(ReadOut.of(learnt.own, 1).logits(grid_points(9))).view(9, 9)
    np.testing.assert_allclose(surface.values, expected.detach(), rtol=1e-6)


def test_the_surface_moves_with_the_points(trained: Learnt) -> None:
    """A point has the same class at every time on its way: from the surface at that time, where it is then."""
    cloud = pictured(MOONS, trained, t=0.0).cloud
    run = MOONS.task.begin(MOONS)
    for i in (0, 8, 16, 23):
        t, chances = float(cloud.ts[i]), []
        for x, y in cloud.ys[i, :20]:
            viewpoint = Viewpoint((float(x), float(x) + 1.0, float(y), float(y) + 1.0), t, 2)
            with torch.no_grad():
                chances.append(run.picture(trained, viewpoint, MOONS.solver).surface.values[0, 0])
        at_end = torch.sigmoid(ReadOut.of(trained.own, 1).logits(torch.from_numpy(cloud.ys[-1, :20])))
        np.testing.assert_allclose(chances, at_end.detach().squeeze(-1), atol=0.01)


def test_moons_are_told_apart_after_a_few_hundred_steps() -> None:
    trainer = Trainer(MOONS)
    for _ in range(300):
        assert trainer.step().trouble is None
    learnt = place(MOONS.field, trainer.shown()).learnt
    held_out, training, parameters = pictured(MOONS, learnt, t=0.0).figures
    assert held_out.value > 95
    assert training.value > 95
    assert parameters.value == trainer.parameters == size_of(MOONS.layout())


def test_data_without_classes_are_refused_with_what_to_choose() -> None:
    with pytest.raises(ValueError, match=r"Spiral has none\. Choose moons"):
        Experiment(task=Classify(), dataset=Spiral())


def test_the_figure_of_merit_is_of_the_points_held_out() -> None:
    learnt, run = learnt_of(MOONS), MOONS.task.begin(MOONS)
    with torch.no_grad():
        learnt.field.theta.zero_()  # the flow stands still, and the read-out sees the points as they are
    held_out = MOONS.dataset.sample(0).test
    logits = ReadOut.of(learnt.own, 1).logits(torch.tensor(held_out.ys).float()).squeeze(-1).detach().double()
    signs = torch.tensor(2.0 * held_out.labels - 1)
    expected = torch.log1p(torch.exp(-signs * logits)).mean()
    assert run.evaluate(learnt, MOONS.solver) == pytest.approx(float(expected), rel=1e-5)
