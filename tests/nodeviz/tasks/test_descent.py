"""How θ follows gradients: the rate as set, nothing moved by what is no number, the first steps averaged over fewer."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from nodeviz.experiment import TrainingSettings
from nodeviz.tasks.descent import Descent, rate_at
from nodeviz.tasks.optimisers import OPTIMISERS, optimiser_named

torch.set_num_threads(1)


def descent(trained: Tensor, shown: Tensor, rule: str = "sgd", held: tuple[int, ...] = ()) -> Descent:
    return Descent(trained, shown, optimiser_named(rule, trained), held)


def test_the_rate_decays_as_its_help_says() -> None:
    training = TrainingSettings(learning_rate=0.1, decay=500.0)
    assert [rate_at(step, training) for step in (0, 500, 1500)] == pytest.approx([0.1, 0.05, 0.025])
    assert rate_at(10_000, TrainingSettings(learning_rate=0.1, decay=0.0)) == 0.1


@pytest.mark.parametrize("broken", [math.nan, math.inf, 1e30])
@pytest.mark.parametrize("rule", [each.name for each in OPTIMISERS])
def test_a_gradient_that_is_no_number_or_has_no_square_moves_nothing(rule: str, broken: float) -> None:
    trained, shown = torch.ones(2), torch.ones(2)
    moving = descent(trained, shown, rule)
    assert not moving.move(torch.tensor([1.0, broken]), 0, TrainingSettings())
    assert trained.tolist() == shown.tolist() == [1.0, 1.0]
    assert moving.move(torch.tensor([1.0, 1.0]), 1, TrainingSettings())
    assert torch.isfinite(trained).all() and (trained < 1).all()


def test_a_gradient_is_clipped_to_the_norm_that_is_set() -> None:
    trained = torch.zeros(2)
    training = TrainingSettings(learning_rate=1.0, decay=0.0, clip=0.5)
    descent(trained, torch.zeros(2)).move(torch.tensor([3.0, 4.0]), 0, training)
    torch.testing.assert_close(trained, torch.tensor([-0.3, -0.4]))


@pytest.mark.parametrize("rule", [each.name for each in OPTIMISERS])
def test_what_is_held_stays_whatever_decays_and_is_remembered(rule: str) -> None:
    trained = torch.ones(3)
    moving = descent(trained, torch.ones(3), rule, held=(1,))
    for step in range(5):
        moving.move(torch.ones(3), step, TrainingSettings(weight_decay=0.5))
    assert trained[1] == 1.0 and (trained[[0, 2]] < 1).all()


def test_the_mean_of_the_first_steps_is_over_those_alone() -> None:
    trained, shown = torch.ones(1), torch.ones(1)
    moving, training = descent(trained, shown), TrainingSettings(averaging=0.995)
    moving.move(torch.ones(1), 0, training)
    assert torch.equal(shown, trained)
    for step in range(1, 30):
        moving.move(torch.ones(1), step, training)
    assert trained < shown < 1 - 0.5 * (1 - trained)
