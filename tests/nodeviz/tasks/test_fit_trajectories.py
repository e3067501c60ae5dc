"""Training on windows: what is drawn, what is compared, and what the loss teaches."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nodeviz.datasets import Spiral
from nodeviz.experiment import Experiment, TrainingSettings
from nodeviz.fields import FormulaField, MLPField
from nodeviz.fields.formula import Parameter
from nodeviz.tasks import FitTrajectories, SolverSettings
from nodeviz.tasks.learnt import Learnt, place
from nodeviz.tasks.solving import solve_as_set
from nodeviz.tasks.windows import Delayed, WindowRun

TRUE = FormulaField(parameters=(Parameter("a", -0.1, -2.0, 2.0), Parameter("b", 2.0, -5.0, 5.0)))
TIGHT = SolverSettings(rtol=1e-7, atol=1e-7)


def learnt_of(experiment: Experiment) -> Learnt:
    return place(experiment.field, experiment.initial_parameters()).learnt


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_a_batch_holds_stretches_of_the_observed_path() -> None:
    experiment = Experiment(task=FitTrajectories(batch=7, points=5), dataset=Spiral(noise=0.1))
    run = experiment.task.begin(experiment)
    assert isinstance(run, WindowRun)
    windows = run.draw(generator(), torch.zeros((), dtype=torch.float64))
    data = experiment.dataset.sample(0)
    assert windows.observed.shape == (5, 7, 2)
    for i in range(7):
        first = int(np.argmin(np.abs(data.ts - float(windows.begins[i]))))
        np.testing.assert_array_equal(windows.observed[:, i], data.observed[first : first + 5, 0])


def test_windows_come_from_all_of_the_path_its_last_point_too() -> None:
    experiment = Experiment(task=FitTrajectories(batch=1000, points=19), dataset=Spiral(points=20))
    run = experiment.task.begin(experiment)
    assert isinstance(run, WindowRun)
    begins = run.draw(generator(), torch.zeros((), dtype=torch.float64)).begins
    np.testing.assert_allclose(sorted(set(begins.tolist())), experiment.dataset.sample(0).ts[:2])


def test_a_window_may_be_the_whole_path() -> None:
    experiment = Experiment(task=FitTrajectories(batch=2, points=20), dataset=Spiral(points=20, duration=2.0))
    result = experiment.task.begin(experiment).loss(learnt_of(experiment), generator(), experiment.solver)
    assert result.status.ok


def test_the_same_draws_give_the_same_loss_and_other_draws_another() -> None:
    experiment = Experiment()
    run, learnt = experiment.task.begin(experiment), learnt_of(experiment)
    first = run.loss(learnt, generator(1), experiment.solver).loss
    assert torch.equal(first, run.loss(learnt, generator(1), experiment.solver).loss)
    assert not torch.equal(first, run.loss(learnt, generator(2), experiment.solver).loss)


@pytest.mark.parametrize("loss", ["mae", "mse"])
def test_the_true_field_has_nothing_left_to_learn(loss: str) -> None:
    experiment = Experiment(task=FitTrajectories(loss=loss), field=TRUE, solver=TIGHT)
    run, learnt = experiment.task.begin(experiment), learnt_of(experiment)
    assert float(run.loss(learnt, generator(), TIGHT).loss.detach()) < 1e-5
    assert run.evaluate(learnt, TIGHT) < 1e-4


def test_the_losses_are_the_means_that_they_are_called() -> None:
    losses = {}
    for loss in ("mae", "mse"):
        experiment = Experiment(task=FitTrajectories(loss=loss, batch=1), field=FormulaField("0", "0", ()))
        run, learnt = experiment.task.begin(experiment), learnt_of(experiment)
        assert isinstance(run, WindowRun)
        observed = run.draw(generator(), learnt.field.theta).observed
        losses[loss] = (float(run.loss(learnt, generator(), TIGHT).loss.detach()), observed - observed[0])
    value, deviation = losses["mae"]
    assert value == pytest.approx(float(deviation.abs().mean()), rel=1e-6)
    value, deviation = losses["mse"]
    assert value == pytest.approx(float((deviation**2).mean()), rel=1e-6)


def test_the_figure_of_merit_is_the_error_against_the_noiseless_path() -> None:
    experiment = Experiment(dataset=Spiral(noise=0.5), field=TRUE)
    assert experiment.task.begin(experiment).evaluate(learnt_of(experiment), TIGHT) < 1e-4
    still = Experiment(field=FormulaField("0", "0", ()))
    truth = Spiral().sample(0).truth
    expected = np.abs(truth - truth[0]).mean()
    assert still.task.begin(still).evaluate(learnt_of(still), TIGHT) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("gradient", ["checkpointed", "direct", "backsolve"])
@pytest.mark.parametrize("field", [MLPField(), MLPField(time="concat"), FormulaField()], ids=lambda field: str(field))
def test_the_gradient_of_the_loss_is_that_of_finite_differences(gradient: str, field: MLPField | FormulaField) -> None:
    experiment = Experiment(field=field, task=FitTrajectories(batch=4))
    solver = SolverSettings(rtol=1e-9, atol=1e-9, gradient=gradient)
    run, learnt = experiment.task.begin(experiment), learnt_of(experiment).double()
    theta = learnt.field.theta
    found = learnt.gradient(run.loss(learnt, generator(), solver).loss)
    direction = torch.from_numpy(np.random.default_rng(3).standard_normal(theta.shape))
    sides = []
    for step in (1e-5, -1e-5):
        with torch.no_grad():
            theta.add_(step * direction)
            sides.append(float(run.loss(learnt, generator(), solver).loss.detach()))
            theta.sub_(step * direction)
    slope = (sides[0] - sides[1]) / 2e-5
    assert float(found @ direction) == pytest.approx(slope, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("stepping", ["shared", "per_sample"])
def test_each_window_runs_on_its_own_clock(stepping: str) -> None:
    """dx/dt = 2 t is solved by t²: shifted windows must be met exactly, from wherever they begin."""
    module = FormulaField("2*t", "0", ()).module(np.zeros(0, np.float32)).double()
    begins = torch.tensor([0.0, 1.0, 5.0], dtype=torch.float64)
    delayed = Delayed(module, begins)
    settings, ts = SolverSettings(rtol=1e-9, atol=1e-9, stepping=stepping), torch.linspace(0, 2, 5).double()
    y0 = torch.stack([begins**2, torch.zeros(3, dtype=torch.float64)], dim=-1)
    ys = solve_as_set(settings, delayed, y0, ts).ys
    torch.testing.assert_close(ys[..., 0], (ts.unsqueeze(1) + begins) ** 2)


def test_a_solve_that_fails_says_so_and_has_no_loss() -> None:
    exploding = FormulaField("exp(9*abs(x) + 9*abs(y))", "0", ())
    experiment = Experiment(field=exploding)
    run, learnt = experiment.task.begin(experiment), learnt_of(experiment)
    result = run.loss(learnt, generator(), experiment.solver)
    assert not result.status.ok
    assert torch.isnan(result.loss.detach())
    assert np.isnan(run.evaluate(learnt, experiment.solver))


def test_what_the_phase_plane_shows_is_where_and_when_the_data_are() -> None:
    task, dataset = FitTrajectories(), Spiral(noise=0.3)
    np.testing.assert_array_equal(task.starts(dataset, 0), [[2.0, 0.0]])
    np.testing.assert_array_equal(task.times(dataset), dataset.sample(0).ts)
    task.starts(dataset, 0)[:] = 0.0
    np.testing.assert_array_equal(task.starts(dataset, 0), [[2.0, 0.0]])


def test_the_weights_dtype_is_that_of_the_loss() -> None:
    experiment = Experiment()
    run, learnt = experiment.task.begin(experiment), learnt_of(experiment)
    assert run.loss(learnt, generator(), experiment.solver).loss.dtype == torch.float32
    assert run.loss(learnt.double(), generator(), experiment.solver).loss.dtype == torch.float64


def test_other_seeds_have_other_noise() -> None:
    one, other = (
        experiment.task.begin(experiment)
        for experiment in (
            Experiment(dataset=Spiral(noise=0.2), training=TrainingSettings(seed=seed)) for seed in (0, 1)
        )
    )
    assert isinstance(one, WindowRun)
    assert isinstance(other, WindowRun)
    like = torch.zeros(())
    assert not torch.equal(one.draw(generator(), like).observed, other.draw(generator(), like).observed)
