"""The main job: with the default settings the spiral is learnt within 2000 steps."""

from __future__ import annotations

import pytest

from nodeviz.engine.trainer import Trainer
from nodeviz.experiment import Experiment, TrainingSettings
from nodeviz.fields import FormulaField


def trained(experiment: Experiment, steps: int) -> Trainer:
    trainer = Trainer(experiment)
    for _ in range(steps):
        assert trainer.step().trouble is None
    return trainer


def test_one_seed_is_on_its_way_after_a_few_hundred_steps() -> None:
    experiment = Experiment(training=TrainingSettings(seed=1))
    before = Trainer(experiment).evaluate()
    after = trained(experiment, 500).evaluate()
    assert after < 0.6 * before
    assert after < 0.4


def test_the_same_seed_gives_the_same_weights() -> None:
    one, other = (trained(Experiment(training=TrainingSettings(seed=4)), 15) for _ in range(2))
    assert (one.shown() == other.shown()).all()


@pytest.mark.slow
def test_the_spiral_is_learnt_by_every_seed() -> None:
    errors = [trained(Experiment(training=TrainingSettings(seed=seed)), 2000).evaluate() for seed in range(5)]
    assert max(errors) < 0.25, errors


@pytest.mark.slow
def test_a_typed_field_finds_the_spirals_own_numbers() -> None:
    shown = trained(Experiment(field=FormulaField()), 1000).shown()
    assert shown.tolist() == pytest.approx([-0.1, 2.0], abs=0.01)
