"""What a study trains beside the window learns by the trainer's very rule."""

from __future__ import annotations

import pytest
import torch

from nodeviz.analysis.classifiers.comparison import Comparison
from nodeviz.analysis.classifiers.ode_net import OdeNet
from nodeviz.analysis.classifiers.trained_classifier import TrainedClassifier
from nodeviz.analysis.study import Subject
from nodeviz.datasets import Moons
from nodeviz.engine.trainer import Trainer
from nodeviz.experiment import Experiment, TrainingSettings
from nodeviz.fields import Field, FormulaField, MLPField
from nodeviz.fields.formula import Parameter
from nodeviz.tasks import Classify

torch.set_num_threads(1)
FORMULA = FormulaField("a*y", "sin(b*x)", (Parameter("a", 0.5, trained=False), Parameter("b", 1.0)))


@pytest.mark.parametrize("field", [MLPField(width=8), FORMULA], ids=["network", "formula with a parameter held"])
def test_on_the_trainers_batches_a_classifier_comes_to_the_trainers_weights(field: Field) -> None:
    training = TrainingSettings(weight_decay=0.1, clip=0.5, averaging=0.9)
    experiment = Experiment(task=Classify(batch=32), dataset=Moons(points=200), field=field, training=training)
    trainer, comparison = Trainer(experiment), Comparison(Subject(experiment, experiment.initial_parameters()))
    beside = TrainedClassifier(OdeNet("ODE-Net", experiment, experiment.solver.gradient_used), training)
    for _ in range(12):
        trainer.step()
        beside.step(*comparison.draw())
    trained = torch.from_numpy(trainer.state().optimiser["trained"])
    torch.testing.assert_close(beside.classifier.theta, trained, rtol=0, atol=1e-6)
    held_out = trainer.run.held_out
    beside.judge(held_out.states.float(), held_out.labels)
    assert beside.judgements[-1].loss == pytest.approx(trainer.evaluate(), abs=1e-6)
