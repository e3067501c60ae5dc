"""Classifying: what the loss teaches, and what the plane shows of it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nodeviz.datasets import Blobs, EightGaussians, Moons, Spiral
from nodeviz.engine.carry import keeps_weights
from nodeviz.engine.trainer import Trainer
from nodeviz.experiment import Experiment, TrainingSettings
from nodeviz.fields import MLPField
from nodeviz.fields.layout import size_of
from nodeviz.settings import edited
from nodeviz.tasks import Classify, SolverSettings
from nodeviz.tasks.learnt import Learnt, place
from nodeviz.tasks.picture import Picture, Viewpoint
from nodeviz.tasks.read_out import ReadOut, cross_entropy

LOOSE = SolverSettings(rtol=1e-3, atol=1e-3)
MOONS = Experiment(
    task=Classify(),
    dataset=Moons(points=400),
    field=MLPField(width=16, cubed=False),
    solver=LOOSE,
    training=TrainingSettings(learning_rate=0.02, averaging=0.99),
)
BLOBS = Experiment(
    task=Classify(), dataset=Blobs(points=300), field=MLPField(width=8, cubed=False, augmented=1), solver=LOOSE
)
EXTENT = Moons().extent


def learnt_of(experiment: Experiment) -> Learnt:
    return place(experiment.field, experiment.initial_parameters()).learnt


def pictured(experiment: Experiment, learnt: Learnt, t: float, layers: int = 0) -> Picture:
    viewpoint = Viewpoint(EXTENT, t, 9, layers)
    with torch.no_grad():
        return experiment.task.begin(experiment).picture(learnt, viewpoint, experiment.solver)


def grid_points() -> torch.Tensor:
    x0, x1, y0, y1 = EXTENT
    return torch.cartesian_prod(torch.linspace(x0, x1, 9), torch.linspace(y0, y1, 9))


@pytest.fixture(scope="module")
def trained() -> Learnt:
    trainer = Trainer(MOONS)
    for _ in range(150):
        assert trainer.step().trouble is None
    return place(MOONS.field, trainer.shown()).learnt


@pytest.mark.parametrize("experiment", [MOONS, BLOBS], ids=["two classes", "three classes, augmented"])
@pytest.mark.parametrize("gradient", ["checkpointed", "direct", "backsolve"])
def test_the_gradient_of_the_loss_is_that_of_finite_differences_in_the_field_and_the_read_out(
    gradient: str, experiment: Experiment
) -> None:
    solver = SolverSettings(rtol=1e-9, atol=1e-9, gradient=gradient)
    run, learnt = experiment.task.begin(experiment), learnt_of(experiment).double()
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
    expected = torch.sigmoid(ReadOut.of(learnt.own, 1).logits(grid_points())).view(9, 9)
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


def test_moons_are_told_apart_after_a_hundred_steps_or_two(trained: Learnt) -> None:
    held_out, training, parameters = pictured(MOONS, trained, t=0.0).figures
    assert held_out.value > 95
    assert training.value > 95
    assert parameters.value == size_of(MOONS.layout())


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


def test_looked_at_as_a_resnet_the_surface_the_points_and_the_figures_are_those_of_its_layers(trained: Learnt) -> None:
    picture, layers, points = pictured(MOONS, trained, t=0.0, layers=3), 3, MOONS.dataset.sample(0).test

    def through(y: torch.Tensor, first: int = 0) -> torch.Tensor:
        for k in range(first, layers):
            y = y + trained.field.evaluate(k / layers, y) / layers
        return y

    def logits(y: torch.Tensor, first: int = 0) -> torch.Tensor:
        return ReadOut.of(trained.own, 1).logits(through(y, first)).detach().squeeze(-1)

    np.testing.assert_allclose(picture.surface.values, torch.sigmoid(logits(grid_points())).view(9, 9), rtol=1e-4)
    np.testing.assert_allclose(picture.cloud.ts, [0, 1 / 3, 2 / 3, 1])
    held_out = torch.tensor(points.ys).float()
    np.testing.assert_allclose(picture.cloud.ys[-1, :100], through(held_out), atol=1e-5)
    right = (logits(held_out) > 0).numpy() == points.labels
    assert picture.figures[0].value == pytest.approx(100 * right.mean())
    from_the_second = pictured(MOONS, trained, t=0.4, layers=3).surface.values
    np.testing.assert_allclose(from_the_second, torch.sigmoid(logits(grid_points(), 1)).view(9, 9), rtol=1e-4)


@pytest.mark.parametrize(("layers", "shown"), [(1, 2), (7, 8), (24, 24), (100, 24)])
def test_of_many_layers_some_are_shown_the_first_and_the_last_among_them(layers: int, shown: int) -> None:
    ts = pictured(MOONS, learnt_of(MOONS), t=0.0, layers=layers).cloud.ts
    assert (len(ts), ts[0], ts[-1]) == (shown, 0.0, pytest.approx(1.0))
    np.testing.assert_allclose(ts * layers, np.round(ts * layers), atol=1e-9)


def test_with_ever_more_layers_a_resnet_is_the_ode(trained: Learnt) -> None:
    ode = pictured(MOONS, trained, t=0.0).surface.values
    gaps = [np.abs(pictured(MOONS, trained, 0.0, layers).surface.values - ode).max() for layers in (4, 32, 256)]
    assert gaps[0] > 3 * gaps[1] > 9 * gaps[2]
    assert gaps[2] < 0.02


def test_of_three_classes_every_place_has_a_probability_each_and_the_flow_a_height() -> None:
    trainer = Trainer(BLOBS)
    for _ in range(50):
        assert trainer.step().trouble is None
    learnt = place(BLOBS.field, trainer.shown()).learnt
    picture = pictured(BLOBS, learnt, t=0.0)
    assert picture.surface.values.shape == (9, 9, 3)
    np.testing.assert_allclose(picture.surface.values.sum(-1), 1.0, rtol=1e-5)
    assert picture.figures[0].value > 95
    assert picture.cloud.ys.shape == (24, 300, 3)
    assert set(picture.cloud.labels) == {0, 1, 2}
    assert not picture.cloud.ys[0, :, 2].any()
    assert picture.cloud.ys[-1, :, 2].any()


def test_a_batch_may_be_all_points() -> None:
    whole = Experiment(task=Classify(batch=0), dataset=MOONS.dataset, field=MOONS.field, solver=LOOSE)
    run, learnt, train = whole.task.begin(whole), learnt_of(whole), MOONS.dataset.sample(0).train
    losses = [float(run.loss(learnt, np.random.default_rng(seed), LOOSE).loss.detach()) for seed in (0, 1)]
    assert losses[0] == losses[1]
    with torch.no_grad():
        learnt.field.theta.zero_()
        loss = run.loss(learnt, np.random.default_rng(0), LOOSE).loss
    logits = ReadOut.of(learnt.own, 1).logits(torch.tensor(train.ys).float()).detach()
    assert float(loss) == pytest.approx(float(cross_entropy(logits, torch.tensor(train.labels))), rel=1e-5)


def test_trajectories_start_at_held_out_points_of_every_class() -> None:
    starts, held_out = BLOBS.task.starts(BLOBS.dataset, 0), BLOBS.dataset.sample(0).test
    assert starts.shape == (12, 2)
    classes = [int(held_out.labels[(held_out.ys == start).all(-1)][0]) for start in starts]
    assert classes == [0] * 4 + [1] * 4 + [2] * 4


@pytest.mark.parametrize(
    ("path", "value"),
    [("noise", 0.3), ("points", 500), ("held_out", 0.5), ("data_seed", 7)],
    ids=lambda part: str(part),
)
def test_other_points_of_the_same_kind_are_learnt_from_the_next_step_on_with_the_same_weights(
    path: str, value: float
) -> None:
    trainer = Trainer(MOONS)
    trainer.step()
    before, points = trainer.shown(), trainer.run.train.states
    assert trainer.adopt(edited(MOONS, f"dataset.{path}", value))
    np.testing.assert_array_equal(trainer.shown(), before)
    assert not torch.equal(trainer.run.train.states[:50], points[:50])
    assert trainer.step().trouble is None


def test_another_number_of_classes_is_another_read_out() -> None:
    assert not keeps_weights(BLOBS, edited(BLOBS, "dataset.blobs", 4))


def test_points_of_one_class_are_refused_with_what_to_choose() -> None:
    with pytest.raises(ValueError, match="two classes or more; those of Eight gaussians are all of one"):
        Experiment(task=Classify(), dataset=EightGaussians())
