"""One training step after another, without processes: exactness, live edits, and trouble that moves nothing."""

import json

import numpy as np
import pytest
import torch

from nodeviz.engine.trainer import Trainer
from nodeviz.experiment import Experiment, TrainingSettings
from nodeviz.fields.formula import FormulaField, Parameter
from nodeviz.settings import edited

torch.set_num_threads(1)


@pytest.fixture
def experiment():
    return edited(Experiment(), "task.batch", 5)


def losses(trainer, count):
    return [trainer.step().loss for _ in range(count)]


def with_formula(experiment, **kinds):
    return edited(experiment, "field", FormulaField(**kinds))


def test_reset_and_the_same_steps_give_the_same_losses_bit_for_bit(experiment):
    trainer = Trainer(experiment)
    initial = trainer.shown()
    first = losses(trainer, 30)
    assert not np.array_equal(trainer.shown(), initial)
    trainer.reset()
    assert trainer.steps == 0 and np.array_equal(trainer.shown(), initial)
    assert losses(trainer, 30) == first


def test_another_seed_gives_other_weights_and_other_batches(experiment):
    other = Trainer(edited(experiment, "training.seed", 1))
    assert not np.array_equal(other.shown(), Trainer(experiment).shown())
    assert losses(other, 5) != losses(Trainer(experiment), 5)


@pytest.mark.parametrize("optimiser", ["adam", "adamw", "rmsprop", "sgd"])
def test_a_restored_state_continues_bit_for_bit(experiment, optimiser):
    experiment = edited(experiment, "training.optimiser", optimiser)
    trainer, other = Trainer(experiment), Trainer(experiment)
    losses(trainer, 15)
    other.restore(trainer.state())
    assert other.steps == 15
    assert losses(other, 15) == losses(trainer, 15)
    assert np.array_equal(other.shown(), trainer.shown())


def test_weights_alone_can_be_restored(experiment):
    trainer = Trainer(experiment)
    losses(trainer, 3)
    theta = trainer.shown() + 1
    trainer.restore(trainer.state()._replace(theta=theta, optimiser={}, random=np.zeros(0, np.uint8)))
    assert np.array_equal(trainer.shown(), theta)
    trainer.step()


def test_weights_of_another_field_are_refused_and_nothing_changes(experiment):
    trainer = Trainer(experiment)
    losses(trainer, 3)
    before = trainer.state()
    with pytest.raises(ValueError, match=r"252 parameters of float32; the checkpoint has weights of shape \(7,\)"):
        trainer.restore(before._replace(theta=np.zeros(7, np.float32)))
    with pytest.raises(ValueError, match="of int64"):
        trainer.restore(before._replace(optimiser={"trained": np.zeros(252, np.int64)}))
    whole = json.loads(before.random.tobytes())
    too_large = whole | {"state": whole["state"] | {"state": 2**200}}
    for damaged in (b"not json", json.dumps(too_large).encode(), b"[" * 100_000, b"\xff"):
        with pytest.raises(ValueError, match="random state"):
            trainer.restore(before._replace(random=np.frombuffer(damaged, np.uint8)))
    assert trainer.steps == 3 and np.array_equal(trainer.shown(), before.theta)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("solver.method", "rk4"),
        ("solver.rtol", 1e-3),
        ("solver.gradient", "direct"),
        ("training.learning_rate", 0.1),
        ("training.clip", 0.5),
        ("training.optimiser", "rmsprop"),
        ("dataset.noise", 0.1),
        ("dataset.duration", 10.0),
        ("task.points", 5),
        ("field.activation", "silu"),
        ("view.arrows", True),
    ],
)
def test_an_edit_keeps_the_weights_the_step_and_the_batches(experiment, path, value):
    trainer = Trainer(experiment)
    losses(trainer, 10)
    before = trainer.state()
    assert trainer.adopt(edited(experiment, path, value))
    after = trainer.state()
    assert trainer.steps == 10 and np.array_equal(after.theta, before.theta)
    assert np.array_equal(after.optimiser["trained"], before.optimiser["trained"])
    assert np.array_equal(after.random, before.random)
    assert np.isfinite(trainer.step().loss)


def test_a_solver_edit_acts_on_the_very_next_step(experiment):
    trainer = Trainer(edited(experiment, "solver.rtol", 1e-2))
    loose = trainer.step().nfe_forward
    trainer.adopt(edited(experiment, "solver", edited(edited(experiment.solver, "rtol", 1e-9), "atol", 1e-9)))
    assert trainer.step().nfe_forward > 1.3 * loose


def test_a_learning_rate_edit_acts_on_the_very_next_step(experiment):
    trainer = Trainer(experiment)
    losses(trainer, 5)
    trainer.adopt(edited(experiment, "training.learning_rate", 1.0))
    before = trainer.state().optimiser["trained"]
    trainer.step()
    assert np.abs(trainer.state().optimiser["trained"] - before).max() > 0.1


@pytest.mark.parametrize(("path", "value"), [("field.width", 20), ("field.depth", 2), ("training.seed", 3)])
def test_another_field_or_seed_begins_at_step_0_with_initial_weights(experiment, path, value):
    trainer = Trainer(experiment)
    losses(trainer, 10)
    edit = edited(experiment, path, value)
    assert not trainer.adopt(edit)
    assert trainer.steps == 0
    assert np.array_equal(trainer.shown(), edit.field.initial_parameters(edit.training.seed))
    assert losses(trainer, 3) == losses(Trainer(edit), 3)


def test_a_parameter_slider_moves_its_parameter_and_keeps_the_others(experiment):
    parameters = (Parameter("a", -0.5), Parameter("b", 1.0))
    trainer = Trainer(with_formula(experiment, parameters=parameters))
    losses(trainer, 10)
    b = trainer.shown()[1]
    assert b != 1.0
    assert trainer.adopt(with_formula(experiment, parameters=(Parameter("a", 0.25), Parameter("b", 1.0))))
    assert trainer.steps == 10 and trainer.shown().tolist() == [0.25, b]


def test_a_parameter_that_is_not_trained_stays_whatever_the_optimiser_remembers(experiment):
    experiment = edited(experiment, "training.weight_decay", 0.5)
    trainer = Trainer(with_formula(experiment, parameters=(Parameter("a", -0.5), Parameter("b", 1.0))))
    losses(trainer, 10)
    held = with_formula(experiment, parameters=(Parameter("a", -0.5, trained=False), Parameter("b", 1.0)))
    assert trainer.adopt(held)
    a, b = trainer.state().optimiser["trained"]
    losses(trainer, 5)
    assert trainer.state().optimiser["trained"][0] == a and trainer.state().optimiser["trained"][1] != b


@pytest.mark.parametrize(
    ("broken", "path", "value"),
    [
        ("nodeviz.tasks.fit_trajectories.FitTrajectories.begin", "dataset.noise", 0.1),
        ("nodeviz.fields.mlp.MLPField.module", "field.activation", "silu"),
        ("nodeviz.fields.mlp.MLPField.module", "field.width", 20),
    ],
)
def test_an_edit_that_cannot_be_built_changes_nothing(experiment, monkeypatch, broken, path, value):
    trainer = Trainer(experiment)
    losses(trainer, 5)
    before = trainer.state()

    def refuse(*_):
        raise ValueError("This cannot be built.")

    with monkeypatch.context() as patched:
        patched.setattr(broken, refuse)
        with pytest.raises(ValueError, match="cannot be built"):
            trainer.adopt(edited(experiment, path, value))
    assert trainer.experiment == experiment and np.array_equal(trainer.shown(), before.theta)
    trainer.step()


def test_a_failed_solve_counts_as_a_step_and_moves_nothing(experiment):
    trainer = Trainer(experiment)
    losses(trainer, 5)
    tight = edited(edited(experiment, "solver.max_steps", 10), "solver.rtol", 1e-12)
    trainer.adopt(edited(tight, "solver.atol", 1e-12))
    before = trainer.state()
    result = trainer.step()
    assert result.trouble is not None and result.trouble.status == "max_steps" and result.trouble.remedy
    assert np.isnan(result.loss) and trainer.steps == 6
    after = trainer.state()
    assert np.array_equal(after.theta, before.theta)
    assert all(np.array_equal(after.optimiser[name], part) for name, part in before.optimiser.items())
    assert trainer.adopt(experiment) and np.isfinite(trainer.step().loss)


@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite_moves_nothing(experiment, poison):
    trainer = Trainer(experiment)
    trainer.step()
    before = trainer.state()
    trainer._learnt.field.theta.register_hook(lambda gradient: gradient * poison)
    result = trainer.step()
    assert result.trouble is not None and result.trouble.status == "non_finite"
    assert np.array_equal(trainer.state().theta, before.theta)


def test_weights_that_exploded_are_trouble_and_not_an_exception(experiment):
    trainer = Trainer(experiment)
    state = trainer.state()
    trainer.restore(state._replace(theta=np.full_like(state.theta, 1e30), optimiser={}))
    assert trainer.step().trouble is not None


def test_clipping_bounds_the_step_of_plain_descent(experiment):
    training = TrainingSettings(optimiser="sgd", learning_rate=1.0, decay=0.0, averaging=0.0, clip=1e-3)
    trainer = Trainer(edited(experiment, "training", training))
    before = trainer.shown()
    trainer.step()
    assert np.linalg.norm(trainer.shown() - before) == pytest.approx(1e-3, rel=1e-3)


def test_averaged_weights_trail_the_trained_ones_and_without_averaging_are_them(experiment):
    trainer = Trainer(edited(experiment, "training.averaging", 0.99))
    losses(trainer, 50)
    assert not np.array_equal(trainer.shown(), trainer.state().optimiser["trained"])
    trainer.adopt(edited(experiment, "training.averaging", 0.0))
    trainer.step()
    assert np.array_equal(trainer.shown(), trainer.state().optimiser["trained"])


def test_a_field_without_parameters_is_evaluated_and_not_trained(experiment):
    trainer = Trainer(with_formula(experiment, dx="y**3", dy="-x**3", parameters=()))
    result = trainer.step()
    assert np.isfinite(result.loss) and result.trouble is None and trainer.parameters == 0


def test_training_lowers_the_figure_of_merit(experiment):
    trainer = Trainer(experiment)
    before = trainer.evaluate()
    losses(trainer, 150)
    assert trainer.evaluate() < before
