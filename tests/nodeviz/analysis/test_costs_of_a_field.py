"""What a field costs: its evaluations by themselves, and the time inside it during a solve."""

from __future__ import annotations

from time import perf_counter

import pytest
import torch
from torch import Tensor

from nodeviz.analysis.bare_cost import BareCost, Evaluations, bare_calls
from nodeviz.analysis.time_inside import TimeInside
from nodeviz.fields import MLPField
from nodeviz.fields.modules.flat import FlatModule
from solver import solve
from solver.field import Gradients


@pytest.fixture
def field() -> FlatModule:
    mlp = MLPField()
    return mlp.module(mlp.initial_parameters(0))


def test_the_bare_calls_of_a_field_of_our_own_and_of_its_twin_through_autograd_agree(field: FlatModule) -> None:
    y = torch.randn(5, 2)
    own, plain = bare_calls(field, 0.0, y), bare_calls(lambda t, y: field(t, y), 0.0, y)
    value = own.alone()
    assert isinstance(value, Tensor)
    assert not value.requires_grad
    torch.testing.assert_close(value, plain.alone())
    ours, others = own.with_pullback(), plain.with_pullback()
    assert isinstance(ours, Gradients)
    assert isinstance(others, Gradients)
    torch.testing.assert_close(ours.y, others.y)


def test_a_module_is_pulled_back_to_its_parameters() -> None:
    layer = torch.nn.Linear(2, 2)

    class Plain(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = layer

        def forward(self, t: Tensor, y: Tensor) -> Tensor:
            return self.layer(y)

    found = bare_calls(Plain(), 0.0, torch.ones(3, 2)).with_pullback()
    assert isinstance(found, Gradients)
    assert [part.shape for part in found.parameters if part is not None] == [layer.weight.shape, layer.bias.shape]


def test_the_floor_is_the_sum_of_all_evaluations() -> None:
    assert BareCost(alone=2.0, with_pullback=5.0).of(Evaluations(alone=3, with_pullback=4)) == 26.0


@pytest.mark.parametrize("batch", [4, 600], ids=["pulled back at once", "pulled back step by step"])
def test_the_time_inside_a_field_is_part_of_the_whole(field: FlatModule, batch: int) -> None:
    began = perf_counter()
    with TimeInside(field) as inside:
        solution = solve(field, torch.randn(batch, 2), torch.tensor([0.0, 1.0]))
        forward = inside.seconds
        torch.autograd.grad(solution.ys.sum(), field.theta)
    assert 0.0 < forward < inside.seconds < perf_counter() - began


def test_afterwards_the_field_is_as_it_was_and_nothing_is_counted(field: FlatModule) -> None:
    before = dict(field.__dict__)
    with TimeInside(field) as inside:
        pass
    assert field.__dict__ == before
    field.evaluate(0.0, torch.zeros(1, 2))
    assert inside.seconds == 0.0


def test_the_answers_are_the_same_while_time_is_taken(field: FlatModule) -> None:
    y0, ts = torch.randn(6, 2), torch.tensor([0.0, 1.0])
    plain = torch.autograd.grad(solve(field, y0, ts).ys.sum(), field.theta)[0]
    with TimeInside(field):
        timed = torch.autograd.grad(solve(field, y0, ts).ys.sum(), field.theta)[0]
    torch.testing.assert_close(timed, plain, rtol=0, atol=0)
