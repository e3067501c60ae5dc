"""The classifiers that are compared: of one size, with gradients that agree, and honest about what they keep."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
import torch

from nodeviz.analysis.classifiers.compared import compared_classifiers
from nodeviz.analysis.classifiers.ode_net import OdeNet
from nodeviz.analysis.classifiers.resnet import Shape, drawn_resnet, widths_for
from nodeviz.analysis.classifiers.trained_classifier import TrainedClassifier
from nodeviz.analysis.kept_bytes import kept_by
from nodeviz.datasets import Annuli, Moons
from nodeviz.experiment import Experiment, SolverSettings, ViewSettings
from nodeviz.fields import FormulaField, MLPField
from nodeviz.tasks import Classify
from nodeviz.tasks.read_out import cross_entropy

MOONS = Experiment(
    task=Classify(),
    dataset=Moons(points=200),
    field=MLPField(width=32, cubed=False),
    solver=SolverSettings(rtol=1e-3, atol=1e-3),
)
ROWS = torch.from_numpy(Moons().draw(100, np.random.default_rng(0)).ys).float()
LABELS = torch.arange(100) % 2


@pytest.mark.parametrize(("parameters", "dim", "blocks"), [(162, 2, 6), (164, 3, 6), (325, 2, 1), (3000, 4, 20)])
def test_a_resnet_has_the_fields_number_of_parameters_to_within_a_few_per_cent(
    parameters: int, dim: int, blocks: int
) -> None:
    widths = widths_for(parameters, dim, blocks)
    assert len(widths) == blocks
    assert max(widths) - min(widths) <= 1
    body = Shape(widths, dim, 0)
    assert sum(np.prod(part) for part in body.parts) == pytest.approx(parameters, rel=0.03)


def test_a_small_budget_has_fewer_blocks_and_the_least_is_one_unit() -> None:
    assert widths_for(30, 2, 6) == (1, 1, 1, 1)
    assert widths_for(1, 2, 6) == (1,)


def test_a_resnet_is_its_blocks_one_after_another() -> None:
    resnet = drawn_resnet("two", Shape((3, 2), 2, 1), seed=0)
    resnet.theta.normal_(generator=torch.Generator().manual_seed(1))
    states, pieces = ROWS, resnet.theta.split([6, 3, 6, 2, 4, 2, 4, 2, 2, 1])
    for width, (inner, bias, outer, shift) in ((3, pieces[:4]), (2, pieces[4:8])):
        states = states + torch.tanh(states @ inner.view(width, 2).T + bias) @ outer.view(2, width).T + shift
    told = resnet.tell(ROWS)
    expected = states @ pieces[8].view(1, 2).T + pieces[9]
    np.testing.assert_allclose(told.logits.detach(), expected, rtol=1e-5, atol=1e-6)
    assert told.evaluations().forward == 2


def test_the_adjoint_and_the_way_back_through_the_solver_have_one_gradient() -> None:
    tight = msgspec.structs.replace(MOONS, solver=SolverSettings(rtol=1e-6, atol=1e-6))
    gradients = []
    for mode in ("backsolve", "direct", "checkpointed"):
        net = OdeNet(mode, tight, mode)
        gradients.append(net.gradient(cross_entropy(net.tell(ROWS).logits, LABELS)))
    np.testing.assert_allclose(gradients[0], gradients[1], atol=1e-5, rtol=1e-3)
    np.testing.assert_allclose(gradients[2], gradients[1], atol=1e-5, rtol=1e-3)


def test_what_is_kept_is_what_lives_on() -> None:
    there = torch.zeros(1000)

    def work() -> torch.Tensor:
        (there + 1).sum()  # is let go
        there.add_(1)  # was there before
        return there.double()[:10]  # keeps all of its storage

    assert kept_by(work).bytes == 8000


def test_what_takes_the_place_of_something_older_is_kept() -> None:
    older = [torch.ones(1000) for _ in range(50)]

    def work() -> list[torch.Tensor]:
        while older:
            older.pop().sum()
        return [torch.zeros(1000) for _ in range(50)]

    assert kept_by(work).bytes == 50 * 4000


def test_tensors_saved_for_a_backward_pass_are_kept() -> None:
    leaf = torch.zeros(1000, requires_grad=True)
    assert kept_by(lambda: leaf.exp().sum()).bytes == 4000 + 4


def test_the_adjoint_keeps_least_and_the_others_more_for_every_step() -> None:
    def kept(mode: str, steps: int) -> float:
        fixed = msgspec.structs.replace(MOONS, solver=SolverSettings(method="rk4", dt=1 / steps))
        trained = TrainedClassifier(OdeNet(mode, fixed, mode), fixed.training)
        trained.weigh(ROWS)
        return trained.kept

    assert kept("backsolve", 16) == kept("backsolve", 4)
    for mode in ("checkpointed", "direct"):  # pullbacks, and graphs
        assert kept(mode, 4) > kept("backsolve", 4)
        assert kept(mode, 16) == pytest.approx(4 * kept(mode, 4), rel=0.05)


def test_all_of_them_have_about_as_many_parameters_as_the_experiment() -> None:
    for experiment in (MOONS, msgspec.structs.replace(MOONS, field=MLPField(width=23, cubed=False, augmented=1))):
        sizes = [classifier.theta.numel() for classifier in compared_classifiers(experiment)]
        assert len(sizes) == 5
        np.testing.assert_allclose(sizes, experiment.initial_parameters().size, rtol=0.04)


def test_the_other_flow_has_a_dimension_more_or_none_beside_the_plane() -> None:
    assert compared_classifiers(MOONS)[-1].name == "ODE-Net, augmented by 1"
    augmented = msgspec.structs.replace(MOONS, field=MLPField(width=23, cubed=False, augmented=2))
    assert compared_classifiers(augmented)[-1].name == "ODE-Net, in the plane"
    typed = msgspec.structs.replace(MOONS, field=FormulaField())
    assert all("plane" not in one.name and "augmented" not in one.name for one in compared_classifiers(typed))


def test_a_resnet_has_as_many_blocks_as_layers_are_looked_at() -> None:
    names = [one.name for one in compared_classifiers(msgspec.structs.replace(MOONS, view=ViewSettings(layers=3)))]
    assert "ResNet of 3 blocks" in names


def test_a_way_that_is_the_adjoint_already_competes_once() -> None:
    by_adjoint = msgspec.structs.replace(MOONS, solver=SolverSettings(gradient="backsolve"))
    assert len(compared_classifiers(by_adjoint)) == len(compared_classifiers(MOONS)) - 1


def test_one_whose_solve_does_not_get_to_its_end_trains_no_further() -> None:
    exploding = Experiment(
        task=Classify(), dataset=Annuli(points=100), field=FormulaField("exp(9*abs(x) + 9*abs(y))", "0", ())
    )
    trained = TrainedClassifier(OdeNet("exploding", exploding, "checkpointed"), exploding.training)
    trained.step(ROWS, LABELS)
    assert trained.failed
    assert trained.steps == 0
