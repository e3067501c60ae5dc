"""Kicks and drifts: their order on separable fields, what they keep, and what becomes of them on other fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import log2, pi

import pytest
import torch
from scipy.integrate import solve_ivp
from torch import Tensor

from solver import METHODS, Solution, solve
from solver.composition import composition_residuals
from solver.method import Symplectic
from tests.problems import MODULATED

SYMPLECTIC = [method for method in METHODS if isinstance(method, Symplectic)]
STARTS = torch.tensor([[1.4, 0.0], [0.6, 0.5], [-0.4, 0.3]], dtype=torch.float64)
END = 2.0


def by_name(method: Symplectic) -> str:
    return method.name


def halves(y: Tensor) -> tuple[Tensor, Tensor]:
    q, p = y.chunk(2, -1)
    return q, p


def modulated(t: Tensor, y: Tensor) -> Tensor:
    """H = cos(t) (p² + q²) / 2, that is y' = cos(t) J y: separable, linear, and dependent on time."""
    q, p = halves(y)
    return torch.cos(t) * torch.cat((p, -q), -1)


def modulated_exact(ts: Tensor) -> Tensor:
    (q, p), angle = STARTS.unbind(-1), torch.sin(ts)[:, None]
    return torch.stack((q * torch.cos(angle) + p * torch.sin(angle), p * torch.cos(angle) - q * torch.sin(angle)), -1)


def pendulum(t: Tensor, y: Tensor) -> Tensor:
    """H = p² / 2 - cos q: separable, nonlinear and autonomous."""
    q, p = halves(y)
    return torch.cat((p, -torch.sin(q)), -1)


def pendulum_exact(ts: Tensor) -> Tensor:
    def slope(t: float, y: Sequence[float]) -> list[float]:
        return pendulum(torch.tensor(t), torch.tensor(y, dtype=torch.float64).view(-1, 2)).flatten().tolist()

    start = STARTS.flatten().tolist()
    found = solve_ivp(slope, (0, float(ts[-1])), start, "DOP853", ts.tolist(), rtol=1e-13, atol=1e-14)
    return torch.tensor(found.y.T).view(-1, *STARTS.shape)


def kepler(t: Tensor, y: Tensor) -> Tensor:
    """H = p² / 2 - 1 / |q| in the plane: q and p are two entries each."""
    q, p = halves(y)
    return torch.cat((p, -q / q.norm(dim=-1, keepdim=True) ** 3), -1)


def rms_error(
    method: Symplectic,
    field: Callable[[Tensor, Tensor], Tensor],
    exact: Callable[[Tensor], Tensor],
    steps: int,
    fractions: Sequence[float],
) -> float:
    dt = END / steps
    inside = dt * (torch.arange(steps, dtype=torch.float64)[:, None] + torch.tensor(fractions, dtype=torch.float64))
    ts = torch.cat((torch.zeros(1, dtype=torch.float64), inside.flatten()))
    solution = solve(field, STARTS, ts, method=method, dt=dt)
    return float((solution.ys - exact(ts)).square().mean().sqrt())


@pytest.mark.parametrize("fractions", [(1.0,), (0.3, 0.7, 1.0)], ids=["step ends", "inside steps"])
@pytest.mark.parametrize(
    ("field", "exact"), [(modulated, modulated_exact), (pendulum, pendulum_exact)], ids=["modulated", "pendulum"]
)
@pytest.mark.parametrize("method", SYMPLECTIC, ids=by_name)
def test_observed_order_is_nominal_on_separable_fields(
    method: Symplectic,
    field: Callable[[Tensor, Tensor], Tensor],
    exact: Callable[[Tensor], Tensor],
    fractions: tuple[float, ...],
) -> None:
    coarse, fine = (rms_error(method, field, exact, steps, fractions) for steps in (80, 160))
    assert log2(coarse / fine) == pytest.approx(method.order, abs=0.15)


@pytest.mark.parametrize("method", SYMPLECTIC, ids=by_name)
def test_on_fields_that_are_not_separable_the_order_is_one(method: Symplectic) -> None:
    coarse, fine = (rms_error(method, MODULATED.field, MODULATED.exact, steps, (1.0,)) for steps in (80, 160))
    assert log2(coarse / fine) == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize("method", SYMPLECTIC, ids=by_name)
def test_a_step_evaluates_the_field_once_a_move_whatever_the_field(method: Symplectic) -> None:
    for field in (pendulum, MODULATED.field):
        stats = solve(field, STARTS, torch.tensor([0.0, 1.0], dtype=torch.float64), method=method, dt=0.1).stats
        assert stats.nfe_forward == 10 * len(method.moves)


@pytest.mark.parametrize("field", [pendulum, kepler], ids=["pendulum", "kepler"])
@pytest.mark.parametrize("method", SYMPLECTIC, ids=by_name)
def test_a_step_is_symplectic(method: Symplectic, field: Callable[[Tensor, Tensor], Tensor]) -> None:
    start = torch.tensor([0.9, 0.2] if field is pendulum else [1.0, 0.1, -0.2, 0.9], dtype=torch.float64)
    ts = torch.tensor([0.0, 0.6], dtype=torch.float64)

    def end(y0: Tensor) -> Tensor:
        return solve(field, y0, ts, method=method, dt=0.3, gradient="direct").ys[-1]

    jacobian = torch.autograd.functional.jacobian(end, start)
    unit = torch.eye(len(start) // 2, dtype=torch.float64)
    form = torch.kron(torch.tensor([[0.0, 1.0], [-1.0, 0.0]], dtype=torch.float64), unit)
    assert (jacobian.T @ form @ jacobian - form).abs().max() < 1e-12


def energy(solution: Solution) -> Tensor:
    q, p = halves(solution.ys)
    return (0.5 * p.square() - torch.cos(q)).squeeze(-1)


def energy_error(method: str, periods: int, dt: float, every: int) -> Tensor:
    """|H - H0| of a pendulum that swings a little, at every so many steps."""
    start = torch.tensor([0.5, 0.0], dtype=torch.float64)
    count = round(periods * 2 * pi / dt / every)
    ts = every * dt * torch.arange(count + 1, dtype=torch.float64)
    with torch.no_grad():
        solution = solve(pendulum, start, ts, method=method, dt=dt, max_steps=10_000_000)
    assert solution.status.ok
    return (energy(solution) - energy(solution)[0]).abs()


@pytest.mark.parametrize("method", SYMPLECTIC, ids=by_name)
def test_energy_errs_no_more_after_hundred_periods_than_after_ten(method: Symplectic) -> None:
    error = energy_error(method.name, 100, 0.3, 1)
    assert error.max() < 1.05 * error[: len(error) // 10].max()


def test_the_energy_of_a_method_that_is_not_symplectic_drifts_which_shows_that_the_test_can_tell() -> None:
    error = energy_error("rk4", 100, 0.3, 1)
    assert error.max() > 5 * error[: len(error) // 10].max()


@pytest.mark.slow
@pytest.mark.parametrize("method", ["leapfrog", "yoshida4"])
def test_energy_stays_bounded_over_ten_thousand_periods(method: str) -> None:
    error = energy_error(method, 10_000, 0.5 if method == "leapfrog" else 0.8, 7)
    first = error[: len(error) // 100].max()
    assert error.max() < 1.05 * first
    assert first < 0.01


@pytest.mark.parametrize("method", SYMPLECTIC, ids=by_name)
def test_angular_momentum_of_a_planet_is_kept_to_rounding(method: Symplectic) -> None:
    start = torch.tensor([[1.0, 0.0, 0.0, 0.9]], dtype=torch.float64)
    ys = solve(kepler, start, torch.linspace(0, 20, 81, dtype=torch.float64), method=method, dt=0.05).ys
    x, y, vx, vy = ys.unbind(-1)
    momentum = x * vy - y * vx
    assert (momentum - 0.9).abs().max() < 1e-12


@pytest.mark.parametrize("method", ["leapfrog", "yoshida4"])
def test_symmetric_methods_come_back_to_their_start(method: str) -> None:
    ts = torch.tensor([0.0, 20.0], dtype=torch.float64)
    there = solve(pendulum, STARTS, ts, method=method, dt=0.1)
    back = solve(pendulum, there.ys[-1], ts.flip(0), method=method, dt=0.1)
    assert (back.ys[-1] - STARTS).abs().max() < 1e-12


class Separable(torch.nn.Module):
    """H = T(p) + V(q) with gradients that are small networks, driven in time."""

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(1)
        self.drift, self.kick = (torch.nn.Linear(1, 1, dtype=torch.float64) for _ in range(2))
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64))

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        q, p = halves(y)
        return torch.cat((torch.tanh(self.drift(p)) + 0.1 * t, torch.sin(self.kick(q)) * (1 + t)), -1)


def gradient_of(field: Separable, method: Symplectic, mode: str, dt: float) -> Tensor:
    ts = torch.tensor([0.0, 0.07, 0.4, 1.0], dtype=torch.float64)
    y0 = STARTS.clone().requires_grad_()
    ys = solve(field, y0, ts, method=method, dt=dt, gradient=mode).ys
    weights = torch.arange(ys.numel(), dtype=torch.float64).view_as(ys).sin()
    return torch.cat([x.flatten() for x in torch.autograd.grad((ys * weights).sum(), (y0, *field.parameters()))])


@pytest.mark.parametrize("method", SYMPLECTIC, ids=by_name)
def test_the_checkpointed_gradient_is_the_direct_one_to_1e12(method: Symplectic) -> None:
    found, expected = (gradient_of(Separable(), method, mode, 0.06) for mode in ("checkpointed", "direct"))
    assert (found - expected).abs().max() < 1e-12


@pytest.mark.parametrize("method", SYMPLECTIC, ids=by_name)
def test_backsolve_goes_back_with_the_companion_of_the_same_order(method: Symplectic) -> None:
    exact = gradient_of(Separable(), method, "direct", 0.01)
    assert (gradient_of(Separable(), method, "backsolve", 0.01) - exact).abs().max() < (
        0.05 if method.order == 1 else 2e-4
    )
    assert method.companion.order == method.order


@pytest.mark.parametrize("method", SYMPLECTIC, ids=by_name)
def test_gradients_agree_with_finite_differences(method: Symplectic) -> None:
    field, ts = Separable(), torch.tensor([0.0, 0.17, 0.5], dtype=torch.float64)

    def states(y0: Tensor, *_: Tensor) -> Tensor:
        return solve(field, y0, ts, method=method, dt=0.1).ys

    assert torch.autograd.gradcheck(states, (STARTS.clone().requires_grad_(), *field.parameters()))


@pytest.mark.parametrize("mode", ["checkpointed", "direct", "backsolve"])
@pytest.mark.parametrize("shape", [(3,), (2, 5), ()])
def test_states_without_halves_are_refused_with_their_shape(shape: tuple[int, ...], mode: str) -> None:
    y0, ts = torch.ones(shape, dtype=torch.float64), torch.tensor([0.0, 1.0])
    with pytest.raises(ValueError, match=r"leapfrog moves q and p in turn.* must be even; got shape \("):
        solve(lambda t, y: -y, y0, ts, method="leapfrog", dt=0.1, gradient=mode)


def test_wrong_coefficients_are_refused() -> None:
    leapfrog = next(method for method in SYMPLECTIC if method.name == "leapfrog")
    with pytest.raises(ValueError, match="misses order 2"):
        replace(leapfrog, kicks=(0.4, 0.6))
    with pytest.raises(ValueError, match="misses order 3"):
        replace(leapfrog, order=3)
    with pytest.raises(ValueError, match="must kick first"):
        replace(leapfrog, kicks=(1.0,), drifts=(0.5, 0.5))


@pytest.mark.parametrize("method", SYMPLECTIC, ids=by_name)
def test_order_conditions_hold_up_to_the_order_and_no_further(method: Symplectic) -> None:
    assert max(map(abs, composition_residuals(method.moves, method.order))) < 1e-15
    assert max(map(abs, composition_residuals(method.moves, method.order + 1))) > 1e-3
