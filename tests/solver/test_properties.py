"""What holds of every solve, on drawn tolerances, shapes, times and networks."""

from __future__ import annotations

from math import pi

import pytest
import torch
from hypothesis import strategies as st
from torch import Tensor

from solver import METHODS, Solution, solve
from solver.controllers import CONTROLLERS
from solver.method import RungeKutta, Symplectic
from tests.properties import tried

ORDERS = {method.name: method.order for method in METHODS}
PAIRS = [method.name for method in METHODS if isinstance(method, RungeKutta) and method.adaptive]
TELLING = [name for name in PAIRS if name != "fehlberg2"]
"""Those whose error estimate tells the error: fehlberg2's does not (see its file)."""
ADAPTIVE = [controller.name for controller in CONTROLLERS if controller.adaptive]
SHAPES = st.one_of(
    st.sampled_from([(), (1,), (3,), (2, 3, 4), (1, 1), (5, 2)]),
    st.lists(st.integers(1, 4), max_size=4).map(tuple),
)
PLAIN = [method.name for method in METHODS if not isinstance(method, Symplectic)]
MODES = ["checkpointed", "backsolve", "backsolve_full", "interpolated", "gauss", "forward"]
ENTRIES = st.floats(-2, 2, allow_subnormal=False)


def times(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def entries(shape: tuple[int, ...], seed: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def saturating(t: Tensor, y: Tensor) -> Tensor:
    """Every entry by itself, nonlinear and dependent on time."""
    return torch.cos(t) * torch.tanh(2 * y) - 0.3 * y


def oscillator(t: Tensor, y: Tensor) -> Tensor:
    return torch.stack((y[..., 1], -y[..., 0]), -1)


def turned(pair: str, controller: str, tolerance: float, turns: float) -> Solution:
    """An oscillation of size 1 over so many turns."""
    ts = torch.linspace(0, 2 * pi * turns, 21, dtype=torch.float64)
    how = {"method": pair, "controller": controller, "rtol": tolerance, "atol": tolerance, "max_steps": 100_000}
    with torch.no_grad():
        return solve(oscillator, times(0, 1), ts, **how)


def errors(solution: Solution) -> Tensor:
    """At each time."""
    return (solution.ys - torch.stack((solution.ts.sin(), solution.ts.cos()), -1)).norm(dim=-1)


@tried(
    quick=8,
    thorough=200,
    pair=st.sampled_from(TELLING),
    controller=st.sampled_from(ADAPTIVE),
    digits=st.floats(2, 8),
    turns=st.floats(0.2, 3),
)
def test_an_oscillation_errs_by_no_more_than_its_steps_are_allowed(
    pair: str, controller: str, digits: float, turns: float
) -> None:
    """Nothing grows or shrinks here, so that errors of steps add up: of each 2 tol in the RMS of its two entries."""
    tolerance = 10 ** -min(digits, 1.5 * ORDERS[pair])
    solution = turned(pair, controller, tolerance, turns)
    assert solution.status.ok
    assert errors(solution)[-1] <= 2 * 2**0.5 * tolerance * solution.stats.accepted


@tried(
    quick=6,
    thorough=100,
    pair=st.sampled_from(TELLING),
    controller=st.sampled_from(ADAPTIVE),
    digits=st.floats(3, 7),
    turns=st.floats(1, 4),
)
def test_a_tolerance_a_hundredth_of_another_leaves_less_error(
    pair: str, controller: str, digits: float, turns: float
) -> None:
    """Over a turn or more: of a shorter way the first step, of which no error is known yet, may be the most."""
    tolerance = 10 ** -min(digits, 1.2 * ORDERS[pair])
    loose, tight = (errors(turned(pair, controller, x, turns)).max() for x in (tolerance, tolerance / 100))
    assert tight < max(0.3 * float(loose), 1e-12)


@tried(quick=8, thorough=200, pair=st.sampled_from(PAIRS), shape=SHAPES, seed=st.integers(0, 999))
def test_the_shape_of_a_state_changes_nothing_but_its_shape(pair: str, shape: tuple[int, ...], seed: int) -> None:
    y0, ts = entries(shape, seed), times(0, 0.4, 1.1)
    shaped = solve(saturating, y0, ts, method=pair, rtol=1e-5, atol=1e-5)
    flat = solve(saturating, y0.reshape(-1), ts, method=pair, rtol=1e-5, atol=1e-5)
    assert shaped.ys.shape == (3, *shape)
    assert torch.equal(shaped.ys.reshape(3, -1), flat.ys)
    assert shaped.stats.nfe_forward == flat.stats.nfe_forward


@tried(quick=6, thorough=100, method=st.sampled_from(PLAIN), shape=SHAPES, seed=st.integers(0, 999))
def test_single_precision_stays_single_and_differs_by_some_roundings(
    method: str, shape: tuple[int, ...], seed: int
) -> None:
    start, how = entries(shape, seed).float(), {"method": method, "controller": "fixed", "dt": 0.1}
    single = solve(saturating, start, times(0, 1).float(), **how)
    double = solve(saturating, start.double(), times(0, 1), **how)
    assert single.ys.dtype == torch.float32
    assert (single.ys - double.ys).abs().max() <= 40 * torch.finfo(torch.float32).eps * (1 + start.abs().max())


@tried(
    quick=6,
    thorough=150,
    pair=st.sampled_from(TELLING),
    asked=st.lists(st.floats(-3, 3), min_size=2, max_size=6),
    seed=st.integers(0, 999),
)
def test_going_back_over_the_times_in_reverse_finds_the_same_states(pair: str, asked: list[float], seed: int) -> None:
    """The oscillator again, so that errors of steps add up on the way there and on the way back."""
    ts, y0 = times(*sorted(asked)), entries((3, 2), seed)
    tolerance = 10 ** -(1.5 * min(ORDERS[pair], 5))
    how = {"method": pair, "rtol": tolerance, "atol": tolerance, "max_steps": 100_000}
    there = solve(oscillator, y0, ts, **how)
    back = solve(oscillator, there.ys[-1], ts.flip(0), **how)
    allowed = tolerance * (1 + y0.norm()) * y0.numel() ** 0.5
    steps = there.stats.accepted + back.stats.accepted
    assert (back.ys.flip(0) - there.ys).norm(dim=(1, 2)).max() <= allowed * steps


@tried(
    quick=6,
    thorough=100,
    method=st.sampled_from(PLAIN),
    times_of_each=st.lists(st.integers(1, 3), min_size=2, max_size=4),
    falling=st.booleans(),
)
def test_times_asked_for_twice_are_answered_twice_and_cost_nothing(
    method: str, times_of_each: list[int], falling: bool
) -> None:
    once = torch.linspace(0, 1, len(times_of_each), dtype=torch.float64)
    once = once.flip(0) if falling else once
    y0 = entries((2,), 0)
    how = {"method": method, "controller": "fixed", "dt": 0.1}
    single = solve(saturating, y0, once, **how)
    repeated = solve(saturating, y0, once.repeat_interleave(torch.tensor(times_of_each)), **how)
    assert torch.equal(repeated.ys, single.ys.repeat_interleave(torch.tensor(times_of_each), 0))
    assert repeated.stats.nfe_forward == single.stats.nfe_forward


@tried(
    quick=6,
    thorough=150,
    pair=st.sampled_from(PAIRS),
    controller=st.sampled_from(ADAPTIVE),
    power=st.integers(-6, 6),
    sign=st.sampled_from([1.0, -1.0]),
    seed=st.integers(0, 999),
)
def test_time_in_another_unit_or_running_back_makes_the_same_steps(
    pair: str, controller: str, power: int, sign: float, seed: int
) -> None:
    """By powers of two, which round nothing, so that all is the same to the last bit."""
    unit, y0, ts = sign * 2.0**power, entries((2, 2), seed), times(0, 0.3, 1, 2)
    how = {"method": pair, "controller": controller, "rtol": 1e-4, "atol": 1e-4}
    plain = solve(saturating, y0, ts, dt=0.05, **how)
    scaled = solve(lambda t, y: saturating(t / unit, y) / unit, y0, ts * unit, dt=0.05 * abs(unit), **how)
    assert torch.equal(plain.ys, scaled.ys)
    assert [step.accepted for step in plain.stats.steps] == [step.accepted for step in scaled.stats.steps]


@tried(quick=6, thorough=100, pair=st.sampled_from(PAIRS), shift=st.floats(-100, 100), seed=st.integers(0, 999))
def test_a_shift_of_all_times_shifts_the_solution(pair: str, shift: float, seed: int) -> None:
    y0, ts = entries((2, 2), seed), times(0, 0.3, 1, 2)
    how = {"method": pair, "rtol": 1e-4, "atol": 1e-4}
    plain = solve(saturating, y0, ts, **how)
    shifted = solve(lambda t, y: saturating(t - shift, y), y0, ts + shift, **how)
    assert torch.allclose(plain.ys, shifted.ys, rtol=1e-9, atol=1e-9)


@tried(quick=6, thorough=100, pair=st.sampled_from(PAIRS), order=st.permutations(range(5)), seed=st.integers(0, 999))
def test_the_order_of_samples_does_not_matter(pair: str, order: list[int], seed: int) -> None:
    y0, ts = entries((5, 3), seed), times(0, 0.3, 2)
    how = {"method": pair, "rtol": 1e-4, "atol": 1e-4}
    plain = solve(saturating, y0, ts, **how)
    permuted = solve(saturating, y0[order], ts, **how)
    assert torch.allclose(plain.ys[:, order], permuted.ys, rtol=1e-11, atol=1e-12)


class Network(torch.nn.Module):
    """A random smooth network of t and y, whose widths are drawn."""

    def __init__(self, dim: int, widths: list[int], seed: int) -> None:
        super().__init__()
        sizes = [dim + 1, *widths, dim]
        self.layers = torch.nn.ModuleList(
            torch.nn.Linear(before, after, dtype=torch.float64)
            for before, after in zip(sizes[:-1], sizes[1:], strict=True)
        )
        with torch.no_grad():
            for place, parameter in enumerate(self.parameters()):
                parameter.copy_(entries(tuple(parameter.shape), seed + place) / parameter.shape[-1] ** 0.5)

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        y = torch.cat((y, t.expand(*y.shape[:-1], 1)), -1)
        for layer in self.layers:
            y = torch.tanh(layer(y))
        return y


@tried(
    quick=6,
    thorough=60,
    mode=st.sampled_from(MODES),
    dim=st.integers(1, 3),
    widths=st.lists(st.integers(1, 5), min_size=1, max_size=2),
    samples=st.integers(1, 3),
    seed=st.integers(0, 999),
)
def test_every_gradient_mode_agrees_with_direct_backpropagation(
    mode: str, dim: int, widths: list[int], samples: int, seed: int
) -> None:
    field = Network(dim, widths, seed)
    parts = [*field.parameters()]

    def gradient_by(way: str) -> Tensor:
        y0 = entries((samples, dim), seed).requires_grad_()
        ys = solve(field, y0, times(0, 0.4, 1), rtol=1e-8, atol=1e-8, gradient=way).ys
        found = torch.autograd.grad(ys[1:].square().sum(), [y0, *parts])
        return torch.cat([part.flatten() for part in found])

    direct, other = gradient_by("direct"), gradient_by(mode)
    exact = mode in ("checkpointed", "forward")
    assert (other - direct).norm() <= (1e-12 if exact else 1e-6) * max(1.0, float(direct.norm()))


@pytest.mark.parametrize("shape", [(0,), (0, 2), (3, 0)])
def test_a_state_without_entries_is_refused_in_a_sentence(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="y0 must have at least one entry; got shape"):
        solve(saturating, torch.zeros(shape), times(0, 1))
