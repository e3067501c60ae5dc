"""Objectives: where their losses are least, and what they take from data."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nodeviz.datasets import Checkerboard, EightGaussians, Energy, Pinwheel, Rings, Spiral
from nodeviz.experiment import Experiment
from nodeviz.fields import FormulaField, MLPField
from nodeviz.tasks import MatchDensity, SolverSettings
from nodeviz.tasks.densities.energy import energy_of
from nodeviz.tasks.densities.flow import Flow
from nodeviz.tasks.densities.objectives.flow_matching import FlowMatching
from nodeviz.tasks.densities.objectives.reverse_kl import ReverseKL
from nodeviz.tasks.densities.objectives.samples import Samples
from nodeviz.tasks.densities.way import Way
from nodeviz.tasks.learnt import Learnt

torch.set_num_threads(1)
TIGHT = SolverSettings(rtol=1e-8, atol=1e-8)
ALONE = torch.tensor([[1.5, -0.5]], dtype=torch.float64)


def formula(dx: str, dy: str) -> Learnt:
    module = FormulaField(dx, dy, ()).module(np.zeros(0, np.float32)).double()
    return Learnt(module, torch.zeros(0))


@pytest.mark.parametrize("transported", [False, True])
@pytest.mark.parametrize("duration", [1.0, 2.5])
def test_flow_matching_has_nothing_left_to_learn_from_the_field_of_straight_paths(
    transported: bool, duration: float
) -> None:
    """To a single point of data they are straight: the velocity is the way left over the time left."""
    straight = formula(f"(1.5 - x)/({duration} - t)", f"(-0.5 - y)/({duration} - t)")
    matching = FlowMatching(Flow(1.0, duration), Samples(ALONE, ALONE, 32), transported)
    assert float(matching.loss(straight, np.random.default_rng(0), TIGHT).loss) < 1e-12
    still = matching.loss(formula("0", "0"), np.random.default_rng(0), TIGHT).loss
    assert float(still) * duration**2 > 1


def test_transported_pairs_make_the_loss_of_a_still_field_less() -> None:
    samples = Samples(torch.from_numpy(EightGaussians().sample(0).train.ys.copy()), ALONE, 256)
    random, paired = (
        float(FlowMatching(Flow(1.0, 1.0), samples, way).loss(formula("0", "0"), np.random.default_rng(0), TIGHT).loss)
        for way in (False, True)
    )
    assert paired < 0.5 * random


def test_a_still_flow_to_its_own_base_has_no_divergence() -> None:
    flow, judges = Flow(1.2, 1.0), torch.randn(50, 2, dtype=torch.float64)
    reverse = ReverseKL(flow, lambda ys: -flow.log_base(ys), 32, judges, Way("exact", 0.0, 0.0))
    assert float(reverse.loss(formula("0", "0"), np.random.default_rng(0), TIGHT).loss.detach()) == pytest.approx(
        0, abs=1e-12
    )
    assert reverse.evaluate(formula("0", "0"), TIGHT) == pytest.approx(0, abs=1e-12)
    assert reverse.evaluate(formula("x", "0"), TIGHT) > 0.1


def test_a_density_that_numpy_knows_is_an_energy_with_its_slope() -> None:
    ys = torch.from_numpy(np.random.default_rng(0).uniform(-4, 4, (30, 2))).requires_grad_()
    centres = torch.from_numpy(
        4 / 1.414 * np.stack([np.cos(np.arange(8) * np.pi / 4), np.sin(np.arange(8) * np.pi / 4)], 1)
    )
    variance = (0.5 / 1.414) ** 2
    squares = (ys.unsqueeze(1) - centres).square().sum(-1)
    exact = -torch.logsumexp(-squares / (2 * variance), 1) + np.log(16 * np.pi * variance)
    found = energy_of(EightGaussians())(ys)
    torch.testing.assert_close(found, exact)
    (slope,), (exact_slope,) = (torch.autograd.grad(one.sum(), ys) for one in (found, exact))
    torch.testing.assert_close(slope, exact_slope, atol=1e-5, rtol=1e-6)


@pytest.mark.parametrize(
    ("objective", "dataset", "sentence"),
    [
        ("likelihood", Energy(), "Choose the objective reverse-kl"),
        ("flow-matching", Energy(), "needs samples"),
        ("reverse-kl", Checkerboard(), "above zero everywhere"),
        ("reverse-kl", Pinwheel(), "can be evaluated"),
        ("reverse-kl", Spiral(), "can be evaluated"),
    ],
)
def test_data_that_an_objective_cannot_use_are_refused_in_a_sentence(
    objective: str, dataset: EightGaussians, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        Experiment(task=MatchDensity(objective=objective), dataset=dataset, field=MLPField())


def test_the_floor_is_the_entropy_or_what_the_normaliser_leaves() -> None:
    assert MatchDensity().floor(Rings()) == pytest.approx(2.6232, abs=1e-4)
    assert MatchDensity().floor(Pinwheel()) is None
    reverse = MatchDensity(objective="reverse-kl")
    assert reverse.floor(Energy()) == pytest.approx(-1.8775, abs=1e-4)
    assert reverse.floor(EightGaussians()) == 0


def test_minibatches_come_from_the_points_that_train() -> None:
    train, held_out = EightGaussians(points=100).sample(0)
    samples = Samples(torch.from_numpy(train.ys.copy()), torch.from_numpy(held_out.ys.copy()), 500)
    drawn = {tuple(y) for y in samples.draw(np.random.default_rng(0), samples.train).tolist()}
    assert drawn == {tuple(y) for y in train.ys.tolist()}
