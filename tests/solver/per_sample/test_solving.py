"""Independent steps: every sample fares as it does alone, at its own cost, and is differentiated exactly."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from solver import METHODS, Event, Status, solve
from solver.controllers import PIDController
from solver.field import Field
from solver.method import Method, RungeKutta
from solver.per_sample.attempts import Attempts, Runner
from solver.per_sample.control import SampleControl
from solver.per_sample.under_way import UnderWay
from solver.tolerance import Tolerance
from tests.problems import KNOWN_PROBLEMS, MODULATED, STARTS, KnownProblem, Linear, Perceptron

ADAPTIVE = [method for method in METHODS if isinstance(method, RungeKutta) and method.adaptive]
TIGHT_ENOUGH = [method for method in ADAPTIVE if method.order > 2]
MODES = ["checkpointed", "direct"]
TIMES = torch.tensor([0.0, 0.0, 0.07, 0.4, 0.45, 0.45, 1.0, 2.3], dtype=torch.float64)


def tensor(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def by_name(method: Method) -> str:
    return method.name


def starts(count: int) -> Tensor:
    return torch.randn(count, 2, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


def van_der_pol(t: Tensor, y: Tensor) -> Tensor:
    """The third entry is μ, constant: the larger, the stiffer."""
    x, v, mu = y.unbind(-1)
    return torch.stack((v, mu * (1 - x * x) * v - x, torch.zeros_like(mu)), -1)


class Waits(TorchDispatchMode):
    """Notes the operations that let the host wait for a device."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.seen = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.seen += 1
        if any(name in str(func) for name in ("_local_scalar_dense", "nonzero", "unique", "masked_select", "_to_cpu")):
            self.found.append(str(func))
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("problem", KNOWN_PROBLEMS, ids=lambda problem: problem.name)
@pytest.mark.parametrize("method", TIGHT_ENOUGH, ids=by_name)
def test_solutions_stay_near_their_tolerance(method: Method, problem: KnownProblem) -> None:
    ts = torch.linspace(0, 5, 37, dtype=torch.float64)
    solution = solve(problem.field, problem.y0, ts, method=method, rtol=1e-5, atol=1e-5, per_sample=True)
    assert solution.status is Status.success
    assert (solution.ys - problem.exact(ts)).abs().max() < 4e-4


@pytest.mark.parametrize("controller", ["I", "PI", "PID"])
@pytest.mark.parametrize("method", ADAPTIVE, ids=by_name)
def test_a_batch_of_one_makes_the_steps_of_the_shared_solver(method: Method, controller: str) -> None:
    how = {"method": method, "controller": controller, "rtol": 1e-4, "atol": 1e-5}
    alone = solve(MODULATED.field, STARTS[:1], TIMES, **how)
    independent = solve(MODULATED.field, STARTS[:1], TIMES, per_sample=True, **how)
    steps = independent.samples.steps
    assert torch.allclose(steps.dt, tensor(*(step.dt for step in alone.stats.steps)), rtol=1e-4)
    assert steps.accepted.tolist() == [step.accepted for step in alone.stats.steps]
    assert torch.allclose(independent.ys, alone.ys, atol=1e-8, rtol=0)


@pytest.mark.parametrize("per_sample", [False, True])
def test_a_first_step_goes_by_its_controllers_own_first_error(per_sample: bool) -> None:
    class Careful(PIDController):
        first_error = 0.2 / 2**5  # half the step: dopri5's error behaves as dt^5

    sizes = []
    for controller in (PIDController(), Careful()):
        how = {"method": "dopri5", "controller": controller, "rtol": 1e-6, "atol": 1e-6}
        solution = solve(MODULATED.field, STARTS[:1], TIMES, per_sample=per_sample, **how)
        sizes.append(solution.samples.steps.dt[0] if per_sample else solution.stats.steps[0].dt)
    assert sizes[1] == pytest.approx(0.5 * sizes[0])


@pytest.mark.parametrize("field", [MODULATED.field, Perceptron(), Perceptron(64)], ids=["linear", "small", "wide"])
@pytest.mark.parametrize("method", TIGHT_ENOUGH, ids=by_name)
def test_a_sample_fares_alone_as_it_does_among_256(method: Method, field: torch.nn.Module) -> None:
    y0, ts = starts(256), torch.linspace(0, 3, 7, dtype=torch.float64)
    how = {"method": method, "rtol": 1e-5, "atol": 1e-5, "per_sample": True}
    with torch.no_grad():
        batch = solve(field, y0, ts, **how)
        for place in (0, 7, 100, 255):
            alone = solve(field, y0[place : place + 1], ts, **how)
            assert torch.allclose(alone.ys[:, 0], batch.ys[:, place], atol=1e-12, rtol=0)
            for count in ("accepted", "rejected", "nfe", "reached"):
                assert getattr(alone.samples, count).item() == getattr(batch.samples, count)[place].item()


def test_stiff_starts_cost_the_others_nothing() -> None:
    mu = torch.ones(64, dtype=torch.float64)
    mu[:3] = 300.0
    y0 = torch.stack((torch.full_like(mu, 2.0), torch.zeros_like(mu), mu), -1)
    rows: list[int] = []

    def field(t: Tensor, y: Tensor) -> Tensor:
        rows.append(len(y))
        return van_der_pol(t, y)

    solution = solve(field, y0, tensor(0, 2), per_sample=True)
    nfe = solution.samples.nfe
    assert solution.status is Status.success
    assert nfe[:3].min() > 10 * nfe[3:].max()
    assert (nfe[3:] == solve(van_der_pol, y0[3:4], tensor(0, 2), per_sample=True).samples.nfe).all()
    assert sum(rows) <= nfe.sum() + 8 * len(rows)  # finished samples are evaluated no more
    assert len(rows) == solution.stats.nfe_forward == nfe.max()


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("method", ["dopri5", "dop853", "bosh3"])
def test_each_sample_may_have_times_of_its_own(method: str, sign: float) -> None:
    y0 = STARTS.clone()
    ts = sign * torch.stack((tensor(0, 0.5, 2), tensor(0.3, 0.3, 0.31), tensor(-1, 3, 3)), 1)
    how = {"method": method, "rtol": 1e-9, "atol": 1e-9}
    together = solve(MODULATED.field, y0, ts, per_sample=True, **how)
    for place in range(3):
        alone = solve(MODULATED.field, y0[place : place + 1], ts[:, place], **how)
        assert torch.allclose(together.ys[:, place], alone.ys[:, 0], atol=1e-9)


@pytest.mark.parametrize("shape", [(5,), (5, 2), (5, 2, 3)])
def test_t_has_the_shape_that_broadcasts_against_the_states(shape: tuple[int, ...]) -> None:
    def field(t: Tensor, y: Tensor) -> Tensor:
        assert t.shape == (len(y), *(1,) * (y.dim() - 1))
        assert t.dtype == y.dtype
        return -t * y

    y0 = torch.rand(shape)
    solution = solve(field, y0, torch.tensor([0.0, 1.0]), per_sample=True)
    assert solution.ys.shape == (2, *shape)
    assert torch.allclose(solution.ys[1], y0 * torch.tensor(-0.5).exp(), atol=1e-5)


def test_a_field_may_differentiate_inside() -> None:
    def downhill(t: Tensor, y: Tensor) -> Tensor:
        """Down the gradient of y⁴ / 4."""
        with torch.enable_grad():
            at = y if y.requires_grad else y.detach().requires_grad_()
            (slope,) = torch.autograd.grad(at.pow(4).sum() / 4, at, create_graph=True)
        return -slope

    y0 = starts(5).requires_grad_()
    ys = solve(downhill, y0, tensor(0, 1), per_sample=True, rtol=1e-8, atol=1e-8).ys
    exact = y0 / torch.sqrt(1 + 2 * y0.square())
    assert torch.allclose(ys[1], exact, atol=1e-6)
    found, expected = (torch.autograd.grad(x.sum(), y0)[0] for x in (ys[1], exact))
    assert torch.allclose(found, expected, atol=1e-6)


class Paced(torch.nn.Module):
    """y' = pace · y, with a pace for every sample of the batch."""

    def __init__(self, paces: Tensor) -> None:
        super().__init__()
        self.paces = torch.nn.Parameter(paces)

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        return self.paces[: len(y), None] * y

    def of_samples(self, samples: Tensor) -> Field:
        paces = self.paces[samples, None]
        return lambda t, y: paces * y


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("method", ["dopri5", "dop853"])
def test_a_field_of_samples_is_told_whose_states_it_gets(method: str, mode: str) -> None:
    field, y0 = Paced(-torch.logspace(-1, 1, 9, dtype=torch.float64)), starts(9)
    ts = tensor(0, 0.3, 1).requires_grad_()
    how = {"method": method, "gradient": mode, "rtol": 1e-9, "atol": 1e-9, "per_sample": True, "dense": True}
    event = Event(lambda t, y: y.abs().amax(-1) - 0.1, terminal=False, direction="falling")
    solution = solve(field, y0, ts, events=event, **how)
    exact = y0 * torch.exp(field.paces[:, None] * (ts - ts[0])[:, None, None])
    assert torch.allclose(solution.ys, exact, atol=1e-7)
    found = torch.autograd.grad(solution.ys.square().sum(), (field.paces, ts), retain_graph=True)
    for mine, expected in zip(found, torch.autograd.grad(exact.square().sum(), (field.paces, ts)), strict=True):
        assert torch.allclose(mine, expected, atol=1e-6)
    met = solution.samples.events
    moments = torch.log(0.1 / y0[met.sample].abs().amax(-1)) / field.paces[met.sample]
    assert torch.allclose(met.t, moments, atol=1e-6)
    found, expected = (torch.autograd.grad(x.sum(), field.paces)[0] for x in (met.t, moments))
    assert torch.allclose(found, expected, atol=1e-5)


def test_each_sample_has_its_own_status_and_the_rows_after_it_are_nan() -> None:
    def field(t: Tensor, y: Tensor) -> Tensor:  # 1 grows beyond all bounds at t = 1; from 3 the field is not a number
        return torch.where(y > 2.9, torch.where(y < 3.1, torch.full_like(y, torch.nan), y * y), y * y)

    ts = tensor(0, 0.4, 0.9, 2)
    solution = solve(field, tensor(-1, 3, 1, float("inf"), 0)[:, None], ts, per_sample=True, max_steps=200)
    success, failed = Status.success, (Status.non_finite, Status.step_underflow, Status.max_steps)
    statuses = solution.samples.statuses
    assert statuses[0] is success and statuses[4] is success
    assert statuses[1] is Status.non_finite and statuses[3] is Status.non_finite
    assert statuses[2] in failed
    assert solution.status is Status.non_finite
    assert solution.samples.reached.tolist() == [3, 0, 1, 0, 3]
    assert solution.reached == 0
    assert torch.allclose(solution.ys[:, 0, 0], -1 / (1 + ts), atol=1e-6)
    assert solution.ys[1:, 1].isnan().all() and solution.ys[2:, 2].isnan().all()


@pytest.mark.parametrize(("method", "forced"), [("dopri5", ()), ("dop853", (0.7,))])
def test_attempts_read_nothing_back_and_what_looks_less_finds_the_same(
    method: str, forced: tuple[float, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    y0, ts = starts(40), torch.linspace(0, 2, 5, dtype=torch.float64)
    how = {"method": method, "forced_times": forced, "per_sample": True, "rtol": 1e-5}
    looking = solve(MODULATED.field, y0, ts, **how)
    waits, run = Waits(), Runner.run

    def unseen(self: Runner, start: UnderWay, most: int, *, knows_slope: bool, looks: bool) -> Attempts:
        with waits:
            return run(self, start, most, knows_slope=knows_slope, looks=False)

    monkeypatch.setattr(Runner, "run", unseen)
    ahead = solve(MODULATED.field, y0, ts, **how)
    assert waits.found == [] and waits.seen > 100
    assert torch.allclose(ahead.ys, looking.ys, atol=1e-14, rtol=0)
    for count in ("accepted", "rejected", "nfe", "reached"):
        assert torch.equal(getattr(ahead.samples, count), getattr(looking.samples, count))
    assert torch.equal(ahead.samples.steps.dt.sort().values, looking.samples.steps.dt.sort().values)


def test_too_many_steps_stop_only_the_sample_that_needs_them() -> None:
    y0 = torch.stack((tensor(2, 2), tensor(0, 0), tensor(1, 500)), -1)
    solution = solve(van_der_pol, y0, tensor(0, 2), per_sample=True, max_steps=60)
    assert solution.samples.statuses == (Status.success, Status.max_steps)
    assert (solution.samples.accepted + solution.samples.rejected)[1] == 60


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("method", ADAPTIVE, ids=by_name)
def test_gradients_match_the_closed_form(method: Method, mode: str) -> None:
    field, weight = Linear(), starts(len(TIMES) * 3).view(len(TIMES), 3, 2)
    tolerance = 1e-10 if method.order > 3 else 1e-6

    def gradients(ys: Tensor, y0: Tensor) -> Tensor:
        return torch.cat([x.flatten() for x in torch.autograd.grad((ys * weight).sum(), (y0, field.matrix))])

    y0 = STARTS.clone().requires_grad_()
    how = {"method": method, "gradient": mode, "rtol": tolerance, "atol": tolerance, "max_steps": 100_000}
    found = gradients(solve(field, y0, TIMES, per_sample=True, **how).ys, y0)
    assert torch.allclose(
        found, gradients(field.exact(y0, TIMES), y0), atol=(1e3 if method.order > 2 else 1e5) * tolerance
    )


@pytest.mark.parametrize("method", ["dopri5", "dop853", "verner76", "heun_euler"])
def test_checkpointed_gives_the_gradient_that_direct_and_finite_differences_give(method: str) -> None:
    field, weight = Perceptron(), starts(len(TIMES) * 3).view(len(TIMES), 3, 2)
    ts = torch.stack((TIMES, 0.5 * TIMES, -TIMES), 1)

    def loss(y0: Tensor, mode: str) -> Tensor:
        how = {"method": method, "gradient": mode, "rtol": 1e-4, "atol": 1e-4, "per_sample": True}
        return (solve(field, y0, ts, **how).ys * weight).sum()

    def gradient(mode: str) -> Tensor:
        y0 = STARTS.clone().requires_grad_()
        return torch.cat([x.flatten() for x in torch.autograd.grad(loss(y0, mode), (y0, *field.parameters()))])

    assert torch.allclose(gradient("checkpointed"), gradient("direct"), atol=1e-11)


def test_gradients_match_finite_differences() -> None:
    field = Perceptron()
    how = {"rtol": 1e-11, "atol": 1e-11, "per_sample": True}

    def loss(y0: Tensor) -> Tensor:
        return solve(field, y0, TIMES, **how).ys.square().sum()

    assert torch.autograd.gradcheck(loss, STARTS.clone().requires_grad_(), eps=1e-5, atol=1e-6)


def test_direct_can_be_differentiated_twice_and_checkpointed_refuses() -> None:
    y0 = STARTS.clone().requires_grad_()
    field = Perceptron()

    def gradient(mode: str) -> Tensor:
        ys = solve(field, y0, tensor(0, 0.5, 1), per_sample=True, gradient=mode).ys
        return torch.autograd.grad(ys.pow(3).sum(), y0, create_graph=True)[0]

    (second,) = torch.autograd.grad(gradient("direct").sum(), y0)
    assert second.isfinite().all() and second.abs().max() > 0
    with pytest.raises(RuntimeError, match="Second derivatives"):
        torch.autograd.grad(gradient("checkpointed").sum(), y0)


@pytest.mark.parametrize("mode", MODES)
def test_samples_that_fail_leave_the_gradient_of_the_others_alone(mode: str) -> None:
    y0 = tensor(-1, 1)[:, None].requires_grad_()
    ys = solve(lambda t, y: y * y, y0, tensor(0, 0.5, 2), per_sample=True, gradient=mode).ys
    assert ys[2, 1].isnan().all()
    (gradient,) = torch.autograd.grad(ys[2, 0].sum() + ys[1].sum(), y0)
    exact = [1 / (1 + 2) ** 2 + 1 / 1.5**2, 1 / 0.5**2]
    assert torch.allclose(gradient[:, 0], tensor(*exact), atol=1e-5)


@given(
    ratios=st.lists(st.floats(1e-12, 1e6), min_size=1, max_size=30),
    betas=st.sampled_from([(1.0, 0.0, 0.0), (0.85, -0.2, 0.0), (0.49, -0.34, 0.10)]),
    broken=st.booleans(),
)
@settings(deadline=None)
def test_many_samples_are_controlled_as_each_alone_would_be(
    ratios: list[float], betas: tuple[float, float, float], broken: bool
) -> None:
    from solver.controllers import ErrorHistory

    rule, control = PIDController("any", *betas), SampleControl(PIDController("any", *betas), 4)
    ratios = [*ratios, float("nan")] if broken else ratios
    errors, memory, h = ErrorHistory(float("nan")), control.new_memory(tensor(0.1)), 0.1
    for ratio in ratios:
        alone = rule.decide(h, errors._replace(ratio=ratio), 4)
        together = control.decide(tensor(h), tensor(ratio), memory)
        assert together.accept.item() == alone.accept
        assert together.h_next.item() == pytest.approx(alone.dt_next, rel=1e-12)
        memory = together.memory
        accepted = ErrorHistory(ratio, ratio, errors.previous)
        errors = accepted if alone.accept else errors._replace(ratio=ratio, rejected=True)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"gradient": "backsolve"}, '"checkpointed" or "direct"'),
        ({"method": "rk4", "dt": 0.1}, "adaptive Runge-Kutta"),
        ({"controller": "fixed", "dt": 0.1}, "PID controller"),
        ({"measure": Tolerance(1e-3, 1e-3)}, "measure"),
        ({"events": lambda t, y: y.sum()}, "must return a value for each"),
        ({"rtol": tensor(1e-3, 1e-4)}, "numbers"),
        ({"ts": torch.zeros(3, 7, dtype=torch.float64)}, r"\(times, 3\)"),
        ({"ts": tensor(0, 1, 0.5)}, "turns around"),
        ({"ts": tensor(0, float("inf"))}, "finite"),
        ({"y0": torch.ones(())}, r"\(batch, …\)"),
        ({"field": lambda t, y: y.sum(0)}, "must return dy like y"),
    ],
)
def test_what_does_not_go_together_is_refused(how: dict[str, object], message: str) -> None:
    arguments = {"field": MODULATED.field, "y0": STARTS, "ts": TIMES, **how}
    field, y0, ts = arguments.pop("field"), arguments.pop("y0"), arguments.pop("ts")
    with pytest.raises(ValueError, match=message):
        solve(field, y0, ts, per_sample=True, **arguments)
