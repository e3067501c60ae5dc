"""Densities under way: what objectives teach, and what is shown of the flow."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from msgspec.structs import replace

from nodeviz.datasets import EightGaussians, Spiral
from nodeviz.experiment import Experiment
from nodeviz.fields import MLPField
from nodeviz.tasks import MatchDensity, SolverSettings
from nodeviz.tasks.learnt import Learnt, place
from nodeviz.tasks.picture import Viewpoint

torch.set_num_threads(1)
DATA = EightGaussians(points=400)
MOVING = MLPField(width=12, depth=2, time="concatsquash", cubed=False)
TIGHT = SolverSettings(rtol=1e-8, atol=1e-8)
OBJECTIVES = ("likelihood", "reverse-kl", "flow-matching", "ot-flow-matching")


def experiment_of(objective: str, **settings: object) -> Experiment:
    task = MatchDensity(objective=objective, batch=16, **settings)
    return Experiment(task=task, dataset=DATA, field=MOVING, solver=TIGHT)


def restless(experiment: Experiment) -> Learnt:
    """Weights that carry points far and turn them, in float64."""
    drawn = np.random.default_rng(5).standard_normal(experiment.initial_parameters().shape)
    theta = experiment.initial_parameters() + 0.2 * drawn.astype(np.float32)
    return place(experiment.field, theta).learnt.double()


@pytest.mark.parametrize(
    "settings",
    [
        {"objective": "likelihood"},
        {"objective": "likelihood", "divergence": "gaussian"},
        {"objective": "likelihood", "divergence": "rademacher", "kinetic": 0.3},
        {"objective": "reverse-kl", "kinetic": 0.2, "jacobian": 0.1},
        {"objective": "reverse-kl"},
        {"objective": "flow-matching"},
        {"objective": "ot-flow-matching"},
    ],
    ids=str,
)
def test_the_gradient_of_the_loss_is_that_of_finite_differences(settings: dict[str, object]) -> None:
    experiment = experiment_of(**settings)
    run, learnt = experiment.task.begin(experiment), restless(experiment)
    theta = learnt.field.theta

    def loss() -> torch.Tensor:
        return run.loss(learnt, np.random.default_rng(1), TIGHT).loss

    found = learnt.gradient(loss())
    direction = torch.from_numpy(np.random.default_rng(3).standard_normal(theta.shape))
    sides = []
    for step in (1e-5, -1e-5):
        with torch.no_grad():
            theta.add_(step * direction)
            sides.append(float(loss().detach()))
            theta.sub_(step * direction)
    assert float(found @ direction) == pytest.approx((sides[0] - sides[1]) / 2e-5, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("divergence", ["exact", "gaussian"])
def test_steps_of_their_own_change_no_loss(divergence: str) -> None:
    """A probe belongs to its point, whichever points an independent step asks about."""
    experiment = experiment_of("likelihood", divergence=divergence)
    run, learnt = experiment.task.begin(experiment), restless(experiment)
    shared, own = (
        float(run.loss(learnt, np.random.default_rng(1), replace(TIGHT, stepping=stepping)).loss.detach())
        for stepping in ("shared", "per_sample")
    )
    assert own == pytest.approx(shared, abs=1e-6)


def test_a_field_at_rest_has_the_likelihood_of_the_base() -> None:
    experiment = experiment_of("likelihood", base=2.0)
    run = experiment.task.begin(experiment)
    still = place(MOVING, np.zeros_like(experiment.initial_parameters())).learnt
    held_out = DATA.sample(0).test.ys
    expected = (held_out**2).sum(1).mean() / 8 + np.log(8 * np.pi)
    assert run.evaluate(still, TIGHT) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_picture_has_a_density_of_mass_one_at_every_time_samples_and_figures(objective: str) -> None:
    experiment = experiment_of(objective)
    run, learnt = experiment.task.begin(experiment), place(MOVING, experiment.initial_parameters()).learnt
    for t in (0.0, 0.5, 1.0):
        shown = run.picture(learnt, Viewpoint((-9.0, 9.0, -9.0, 9.0), t, 48), experiment.solver)
        assert shown.surface is not None and shown.surface.kind == "density"
        assert shown.surface.values.min() >= 0
        figures = {figure.label: figure.value for figure in shown.figures}
        assert figures["mass in view"] == pytest.approx(1.0, abs=2e-3)
        assert all(np.isfinite(list(figures.values())))
    assert shown.cloud is not None
    assert shown.cloud.ys.shape == (len(shown.cloud.ts), len(shown.cloud.labels), 2)


def test_the_divergence_from_the_data_is_of_the_points_that_are_judged() -> None:
    experiment = experiment_of("likelihood")
    run, learnt = experiment.task.begin(experiment), place(MOVING, experiment.initial_parameters()).learnt
    shown = run.picture(learnt, Viewpoint((-9.0, 9.0, -9.0, 9.0), 1.0, 8), experiment.solver)
    figures = {figure.label: figure.value for figure in shown.figures}
    known = DATA.log_density(DATA.sample(0).test.ys).mean()
    assert figures["KL from the data"] == pytest.approx(figures["negative log-likelihood"] + known, abs=1e-9)


def test_in_a_hurry_the_merit_is_that_of_a_moment_ago_and_otherwise_of_the_weights_at_hand() -> None:
    experiment = experiment_of("likelihood")
    run = experiment.task.begin(experiment)
    still = place(MOVING, np.zeros_like(experiment.initial_parameters())).learnt
    seen = Viewpoint((-3.0, 3.0, -3.0, 3.0), 1.0, 4, care="quick")

    def merit(learnt: Learnt, viewpoint: Viewpoint) -> float:
        return run.picture(learnt, viewpoint, experiment.solver).figures[0].value

    first = merit(still, seen)
    assert merit(restless(experiment), seen) == first
    assert merit(restless(experiment), seen._replace(care="usual")) != first


def test_at_the_start_the_picture_is_the_base() -> None:
    experiment = experiment_of("likelihood", base=1.5)
    run, learnt = experiment.task.begin(experiment), restless(experiment)
    shown = run.picture(learnt, Viewpoint((-3.0, 3.0, -2.0, 2.0), 0.0, 5), experiment.solver)
    xs, ys = np.meshgrid(np.linspace(-3, 3, 5), np.linspace(-2, 2, 5), indexing="ij")
    assert shown.surface is not None
    expected = np.exp(-(xs**2 + ys**2) / 4.5) / (4.5 * np.pi)
    np.testing.assert_allclose(shown.surface.values, expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("task", "dataset", "field", "sentence"),
    [
        (MatchDensity(), Spiral(), MLPField(), "needs points"),
        (MatchDensity(), DATA, MLPField(augmented=1), "flow of the plane"),
    ],
)
def test_what_does_not_suit_is_refused_in_a_sentence(
    task: MatchDensity, dataset: object, field: MLPField, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        task.check(dataset, field)
