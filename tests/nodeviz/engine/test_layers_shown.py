"""The same weights, shown as a ResNet of few layers and as the flow."""

import numpy as np
import pytest
import torch

from nodeviz.datasets.moons import Moons
from nodeviz.engine.inspector import Inspector, Weights, shown_with
from nodeviz.experiment import Experiment
from nodeviz.settings import edited
from nodeviz.tasks import Classify

torch.set_num_threads(1)


@pytest.fixture
def experiment() -> Experiment:
    return Experiment(task=Classify(), dataset=Moons(points=200))


def ends(experiment: Experiment, layers: int) -> np.ndarray:
    shown = edited(experiment, "view.depth", layers)
    inspector = Inspector(shown, Weights(3 * experiment.initial_parameters(), 0), lambda: None)
    starts = ((-1.0, 0.5), (1.0, -0.5), (2.0, 0.3))
    times = experiment.task.times(experiment.dataset)
    return inspector.solve(starts, times, inspector.shown_with).ys[-1].numpy()


def test_a_layer_is_a_step_of_euler_and_more_of_them_come_nearer_to_the_flow(experiment) -> None:
    settings = shown_with(edited(experiment, "view.depth", 4))
    assert settings.method == "euler" and settings.dt == 0.25
    flow = ends(experiment, 0)
    gaps = [np.abs(ends(experiment, layers) - flow).max() for layers in (8, 16, 32)]
    assert gaps[0] > gaps[1] > gaps[2] > 0
    assert gaps[2] < 0.6 * gaps[1], "half as far with twice the layers"


def test_without_layers_or_classes_the_solver_is_shown_as_set(experiment) -> None:
    assert shown_with(experiment) == experiment.solver
    assert shown_with(edited(Experiment(), "view.depth", 4)) == Experiment().solver


def test_a_long_flow_has_a_layer_a_second_at_least(experiment) -> None:
    assert shown_with(edited(edited(experiment, "task.end", 9.5), "view.depth", 2)).dt == 0.95
