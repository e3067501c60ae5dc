"""Solutions of independent steps that are called: in the steps' own interpolant, as each sample alone."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from solver import METHODS, Event, Status, solve
from solver.method import Method, RungeKutta
from tests.problems import MODULATED, STARTS, Linear, Perceptron

ADAPTIVE = [method for method in METHODS if isinstance(method, RungeKutta) and method.adaptive]
MODES = ["checkpointed", "direct"]


def tensor(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def by_name(method: Method) -> str:
    return method.name


@pytest.mark.parametrize("sign", [1.0, -1.0], ids=["rising", "falling"])
@pytest.mark.parametrize("method", ADAPTIVE, ids=by_name)
def test_a_called_solution_is_the_state_that_would_have_been_saved(method: Method, sign: float) -> None:
    asked = sign * torch.linspace(0, 3, 41, dtype=torch.float64)
    how = {"method": method, "rtol": 1e-4, "atol": 1e-4, "per_sample": True}
    dense = solve(MODULATED.field, STARTS, asked[[0, -1]], dense=True, **how)
    saved = solve(MODULATED.field, STARTS, asked, **how)
    assert torch.allclose(dense(asked), saved.ys, atol=1e-13, rtol=0)


def test_samples_with_times_of_their_own_are_asked_at_times_of_their_own() -> None:
    ts = torch.stack((tensor(0, 2), tensor(1, 1), tensor(0.5, -3)), 1)
    dense = solve(MODULATED.field, STARTS, ts, rtol=1e-9, atol=1e-9, per_sample=True, dense=True)
    asked = torch.stack((tensor(0, 0.3, 2), tensor(1, 1, 1), tensor(0.1, -0.1, -2.9)), 1)
    for place in range(3):
        alone = solve(MODULATED.field, STARTS[place : place + 1], ts[:, place], rtol=1e-9, atol=1e-9, dense=True)
        assert torch.allclose(dense(asked)[:, place], alone(asked[:, place])[:, 0], atol=1e-9)
    with pytest.raises(ValueError, match=r"Sample 1 is known from t = 1\.0 to 1\.0"):
        dense(1.2)


def test_times_may_be_one_or_many_and_states_of_any_shape() -> None:
    for shape in ((4,), (4, 3), (4, 2, 3)):
        solution = solve(lambda t, y: -y, torch.ones(shape), torch.tensor([0.0, 1.0]), dense=True, per_sample=True)
        assert solution(0.5).shape == shape
        assert solution(0.5).dtype == torch.float32
        assert solution(torch.rand(5)).shape == (5, *shape)
        assert solution(torch.rand(5, 4)).shape == (5, *shape)
        assert solution(torch.rand(0)).shape == (0, *shape)
        assert torch.allclose(solution(torch.tensor([0.0, 1.0])), solution.ys, atol=1e-6)
        with pytest.raises(ValueError, match=r"\(times, 4\)"):
            solution(torch.rand(5, 3))


def test_a_sample_that_stopped_is_known_up_to_where_it_stopped() -> None:
    y0 = tensor(-1, 1)[:, None]
    solution = solve(lambda t, y: y * y, y0, tensor(0, 0.5, 2), rtol=1e-6, dense=True, per_sample=True, max_steps=12)
    assert solution.samples.statuses == (Status.success, Status.max_steps)
    asked = tensor(2.0, 0.6)[None]
    assert torch.allclose(solution(asked)[0, :, 0], y0[:, 0] / (1 - y0[:, 0] * asked[0]), rtol=1e-4)
    with pytest.raises(ValueError, match="Sample 1 is known"):
        solution(1.0)


def test_dense_output_costs_no_evaluation_where_the_interpolant_is_free() -> None:
    plain = solve(MODULATED.field, STARTS, tensor(0, 0.3, 2), per_sample=True)
    dense = solve(MODULATED.field, STARTS, tensor(0, 0.3, 2), per_sample=True, dense=True)
    assert dense.stats == plain.stats
    assert torch.equal(dense.ys, plain.ys)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("method", ["dopri5", "dop853"])
def test_gradients_of_a_called_solution_match_the_closed_form(method: str, mode: str) -> None:
    field, asked = Linear(), torch.stack((tensor(0.05, 0.4, 0.99), tensor(0.7, 0.1, 0.7), tensor(0, 1, 0.5)), 1)
    tolerance = 1e-10
    weight = torch.randn(3, *STARTS.shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)

    def gradients(states_at: object) -> Tensor:
        y0, times = STARTS.clone().requires_grad_(), asked.clone().requires_grad_()
        loss = (weight * states_at(y0, times)).sum()
        return torch.cat([x.flatten() for x in torch.autograd.grad(loss, (y0, times, field.matrix))])

    def called(y0: Tensor, times: Tensor) -> Tensor:
        how = {"rtol": tolerance, "atol": tolerance, "method": method, "gradient": mode}
        return solve(field, y0, tensor(0, 1), per_sample=True, dense=True, **how)(times)

    def exact(y0: Tensor, times: Tensor) -> Tensor:
        columns = [field.exact(y0[n : n + 1], torch.cat((tensor(0), times[:, n])))[1:] for n in range(3)]
        return torch.cat(columns, 1)

    assert torch.allclose(gradients(called), gradients(exact), atol=100 * tolerance)


def test_checkpointed_gives_the_gradient_that_direct_gives() -> None:
    field, asked = Perceptron(), tensor(0.1, 0.73, 1.9)

    def gradient(mode: str) -> Tensor:
        y0 = STARTS.clone().requires_grad_()
        states = solve(field, y0, tensor(0, 2), gradient=mode, dense=True, per_sample=True)(asked)
        return torch.cat([x.flatten() for x in torch.autograd.grad(states.square().sum(), (y0, *field.parameters()))])

    assert torch.allclose(gradient("checkpointed"), gradient("direct"), atol=1e-12)


def test_a_terminal_event_ends_the_range_of_its_sample_alone() -> None:
    def harmonic(t: Tensor, y: Tensor) -> Tensor:
        return torch.stack((y[..., 1], -y[..., 0]), -1)

    y0 = torch.stack((tensor(1, 0), tensor(3, 0)))
    event = Event(lambda t, y: torch.where(y.square().sum(1) < 2, y[:, 0], 1.0))  # on the unit circle
    solution = solve(harmonic, y0, tensor(0, 9), events=event, dense=True, rtol=1e-9, atol=1e-9, per_sample=True)
    assert solution.samples.statuses == (Status.event, Status.success)
    end = solution.samples.events.t
    asked = torch.stack((torch.linspace(0, float(end), 50), torch.linspace(0, 9, 50)), 1).double().clamp(max=9)
    asked[:, 0].clamp_(max=float(end))
    assert torch.allclose(solution(asked)[..., 0], y0[:, 0] * torch.cos(asked), atol=1e-6)
    assert torch.allclose(solution(torch.stack((end, tensor(9)), 1))[0, 0], solution.samples.events.y[0])
    with pytest.raises(ValueError, match="Sample 0 is known"):
        solution(float(end) + 1e-6)
