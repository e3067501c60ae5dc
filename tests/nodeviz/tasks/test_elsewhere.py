"""A training step keeps to its device: tried on one whose tensors hold nothing, as a GPU is not always there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import solver
from nodeviz.assets_path import ready_made
from nodeviz.experiment import decode
from nodeviz.tasks import classification, flowing, windows
from nodeviz.tasks.densities import run as densities
from nodeviz.tasks.learnt import place
from nodeviz.tasks.optimisers import OPTIMISERS, Optimiser
from solver import Solution, Stats, Status
from tests.elsewhere import ELSEWHERE

PAIRS_ON_THE_CPU = "flow-matching"
"""Its pairs are assigned by numpy, for which distances have to be read."""
NAMES = sorted(ready_made().keys() - {PAIRS_ON_THE_CPU})


def one_evaluation(field: Any, y0: Tensor, ts: Tensor, **options: Any) -> Solution:
    """In place of a solve, which has to read how far it has come."""
    dy = field(torch.zeros((), device=y0.device), y0)
    return Solution(ts, torch.stack([y0 + n * dy for n in range(len(ts))]), len(ts) - 1, Stats(), Status.success)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if n % 6 == 0 else pytest.mark.slow) for n, name in enumerate(NAMES)]
)
def test_a_training_step_keeps_to_its_device(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = torch.device(ELSEWHERE)
    for module in (classification, windows, densities):
        monkeypatch.setattr(module, "chosen_device", lambda *_: elsewhere)
    monkeypatch.setattr(solver, "solve", one_evaluation)
    monkeypatch.setattr(flowing, "solve", one_evaluation)
    experiment = decode(ready_made()[name].read_bytes())
    run = experiment.task.begin(experiment)
    placed = place(experiment.field, experiment.initial_parameters(), elsewhere)
    loss = run.loss(placed.learnt, np.random.default_rng(0), experiment.solver).loss
    assert loss.device == elsewhere
    assert placed.learnt.gradient(loss).device == elsewhere


@pytest.mark.parametrize("rule", OPTIMISERS, ids=lambda rule: rule.name)
def test_so_does_every_optimiser(rule: type[Optimiser]) -> None:
    theta, gradient = torch.zeros(7, device=ELSEWHERE), torch.zeros(7, device=ELSEWHERE)
    rule(theta).step(theta, gradient, 1e-3, 0.1)
