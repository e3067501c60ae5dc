"""W1: a training step of the spiral, the window's own task, at tight tolerances and (W1b) at loose ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch.nn import Module

from benchmarks.case import Accuracy, Case, Workload
from benchmarks.modules import Perceptron
from benchmarks.weights import train_once
from nodeviz.engine.trainer import Trainer
from nodeviz.experiment import Experiment, SolverSettings, TrainingSettings
from nodeviz.fields import MLPField
from nodeviz.tasks import FitTrajectories
from nodeviz.tasks.windows import WindowRun

STEPS = 400
EXPERIMENT = Experiment(
    field=MLPField(width=50, depth=1, activation="tanh", cubed=True),
    task=FitTrajectories(batch=20, points=10, loss="mae"),
    solver=SolverSettings(method="dopri5", rtol=1e-7, atol=1e-9),
    training=TrainingSettings(optimiser="rmsprop", learning_rate=1e-3, decay=0.0, averaging=0.0, device="cpu"),
)
"""Twenty windows of ten of the 1000 times on [0, 25]; what is left out is as the window has it."""


def mean_absolute_error(numbers: Any, ys: Any, head: Sequence[Any], data: Sequence[Any]) -> Any:
    return numbers.abs(ys - data[0]).mean()


def train(module: Module) -> None:
    """As the window trains; θ has the layout of the module's own parameters."""
    trainer = Trainer(EXPERIMENT)
    for _ in range(STEPS):
        trainer.step()
    theta = torch.from_numpy(trainer.shown())
    torch.nn.utils.vector_to_parameters(theta, module.parameters())


def cases(trained: bool) -> tuple[Case, ...]:
    """One minibatch, at two tolerances."""
    module = Perceptron((2, 50, 2), cubed=True)
    if trained:
        train_once("w1", module, train)
    theta = torch.nn.utils.parameters_to_vector(module.parameters()).detach().numpy()
    own = EXPERIMENT.field.module(theta)
    run = WindowRun(EXPERIMENT.task, EXPERIMENT)
    windows = run.draw(np.random.default_rng(1), own.theta.detach())
    ts = torch.from_numpy(EXPERIMENT.task.times(EXPERIMENT.dataset)[: EXPERIMENT.task.points])
    return tuple(
        Case(
            name=name,
            field=module,
            own=own,
            y0=windows.observed[0],
            ts=ts,
            accuracy=accuracy,
            loss=mean_absolute_error,
            data=(windows.observed,),
            optimiser="rmsprop",
        )
        for name, accuracy in (("W1", Accuracy(rtol=1e-7, atol=1e-9)), ("W1b", Accuracy()))
    )


SPIRAL = Workload("W1", "Spiral: 2-50-2 tanh on y³, 20 windows of 10 times, RMSprop; rtol 1e-7, W1b 1e-5.", cases)
