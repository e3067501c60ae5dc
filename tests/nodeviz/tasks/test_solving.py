"""Every solver setting has its effect on the solve, and there is one place where it gets it."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
import torch
from torch import Tensor

from nodeviz.fields import MLPField
from nodeviz.tasks.attentive import Attentive
from nodeviz.tasks.densities.accompanied import estimated, exactly, probe_of
from nodeviz.tasks.densities.flow import Flow
from nodeviz.tasks.device import WORK_WORTH_CUDA, chosen_device
from nodeviz.tasks.solving import GRADIENT_CHOICES, SolverSettings, solve_as_set
from solver import GRADIENT_MODES, GRADIENTS, METHODS, Solution
from solver.method import ImplicitRungeKutta, Method, RungeKutta


def turn(t: Tensor, y: Tensor) -> Tensor:
    """Once round in 2π."""
    return torch.stack([-y[..., 1], y[..., 0]], dim=-1)


def turned(settings: SolverSettings) -> Solution:
    ts = torch.linspace(0, 2 * np.pi, 9, dtype=torch.float64)
    return solve_as_set(settings, turn, torch.tensor([[1.0, 0.0]], dtype=torch.float64), ts)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_every_method_solves_with_the_default_settings(method: object) -> None:
    solution = turned(SolverSettings(method=method.name))
    assert solution.status.ok
    error = float((solution.ys[-1] - solution.ys[0]).abs().max())
    assert error < (0.2 if method.order == 1 else 0.03)


def test_tighter_tolerances_cost_more_and_err_less() -> None:
    loose, tight = (turned(SolverSettings(rtol=tol, atol=tol)) for tol in (1e-3, 1e-8))
    assert tight.stats.nfe_forward > 2 * loose.stats.nfe_forward
    assert (tight.ys[-1] - tight.ys[0]).abs().max() < 0.01 * (loose.ys[-1] - loose.ys[0]).abs().max()


def test_the_step_size_rules_fixed_steps_only() -> None:
    coarse, fine = (turned(SolverSettings(method="rk4", dt=dt)) for dt in (0.2, 0.02))
    assert fine.stats.accepted == pytest.approx(10 * coarse.stats.accepted, rel=0.05)
    assert turned(SolverSettings(dt=0.2)).stats.accepted == turned(SolverSettings(dt=0.02)).stats.accepted
    fixed = turned(SolverSettings(method="dopri5", controller="fixed", dt=0.02))
    assert fixed.stats.accepted == fine.stats.accepted


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
@pytest.mark.parametrize("controller", ["auto", "fixed", "I", "PI", "PID"])
def test_no_combination_of_method_and_controller_is_refused(method: object, controller: str) -> None:
    """Sliders may be dragged anywhere: a controller that does not suit a method is simply not used."""
    assert turned(SolverSettings(method=method.name, controller=controller)).status.ok


def test_controllers_differ() -> None:
    sizes = {name: turned(SolverSettings(controller=name)).stats.steps[3].dt for name in ("I", "PI", "PID")}
    assert len(set(sizes.values())) == 3


def test_the_number_of_steps_is_limited_as_set() -> None:
    solution = turned(SolverSettings(method="rk4", dt=1e-3, max_steps=10))
    assert solution.status.value == "max_steps"
    assert solution.stats.accepted == 10


@pytest.mark.parametrize("gradient", [mode.name for mode in GRADIENT_MODES])
def test_the_gradient_mode_is_passed_on(gradient: str) -> None:
    y0 = torch.tensor([[1.0, 0.0]], dtype=torch.float64, requires_grad=True)
    ts = torch.tensor([0.0, 1.0], dtype=torch.float64)
    solution = solve_as_set(SolverSettings(gradient=gradient, method="dopri5"), turn, y0, ts)
    solution.ys[-1].sum().backward()
    expected = [[np.cos(1) + np.sin(1), np.cos(1) - np.sin(1)]]
    np.testing.assert_allclose(y0.grad, expected, atol=1e-3)
    assert (solution.stats.drift is not None) == (gradient in ("backsolve", "backsolve_full"))


def test_every_mode_of_the_solver_can_be_chosen() -> None:
    assert [choice.value for choice in GRADIENT_CHOICES] == [mode.name for mode in GRADIENTS]


def test_a_mode_that_the_method_is_not_made_for_gives_way_to_the_checkpointed_one() -> None:
    assert SolverSettings(gradient="reversible", method="dopri5").gradient_used == "checkpointed"
    assert SolverSettings(gradient="reversible", method="alf").gradient_used == "reversible"
    assert SolverSettings(gradient="gauss", method="alf").gradient_used == "gauss"


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
@pytest.mark.parametrize("gradient", ["checkpointed", "backsolve"])
def test_steps_of_each_trajectory_give_way_to_shared_ones_with_a_reason(method: Method, gradient: str) -> None:
    settings = SolverSettings(method=method.name, gradient=gradient, stepping="per_sample", rtol=1e-2, atol=1e-2)
    alone = turned(settings).samples is not None
    runge_kutta = isinstance(method, RungeKutta | ImplicitRungeKutta)
    assert alone == (runge_kutta and method.adaptive and gradient == "checkpointed")
    assert settings.stepping_used == ("per_sample" if alone else "shared")
    assert alone == (not settings.why_shared)
    assert not SolverSettings(method=method.name, gradient=gradient).why_shared


@pytest.mark.parametrize("gradient", ["checkpointed", "direct"])
def test_steps_of_each_trajectory_lead_to_the_same_gradient(gradient: str) -> None:
    module = MLPField().module(MLPField().initial_parameters(0)).double()
    generator, ts = torch.Generator().manual_seed(0), torch.linspace(0, 1, 5, dtype=torch.float64)
    y0 = 0.7 * torch.randn(9, 2, generator=generator, dtype=torch.float64)

    def found(stepping: str) -> Tensor:
        settings = SolverSettings(rtol=1e-10, atol=1e-10, gradient=gradient, stepping=stepping)
        (of_theta,) = torch.autograd.grad(solve_as_set(settings, module, y0, ts).ys.square().sum(), module.theta)
        return of_theta

    torch.testing.assert_close(found("per_sample"), found("shared"), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("probed", [False, True], ids=["exact", "probed"])
def test_points_keep_their_own_probes_where_each_takes_steps_of_its_own(probed: bool) -> None:
    module = MLPField().module(MLPField().initial_parameters(0)).double()
    zs = 0.7 * torch.randn(11, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    moved = estimated(module, probe_of("gaussian", zs.shape, 0, zs)) if probed else exactly(module)

    def found(stepping: str) -> Tensor:
        settings = SolverSettings(rtol=1e-9, atol=1e-9, stepping=stepping)
        flowed = Flow(1.0, 1.0).forth(moved, zs, settings)
        return torch.cat((flowed.gained, *torch.autograd.grad(flowed.gained.sum(), module.theta)))

    torch.testing.assert_close(found("per_sample"), found("shared"), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("method", ["dopri5", "radau5"])
def test_a_field_that_cannot_be_called_is_solved_in_steps_of_each_trajectory_too(method: str) -> None:
    module = MLPField().module(MLPField().initial_parameters(0)).double()
    y0, ts = torch.tensor([[0.4, 0.1], [-0.7, 0.9]], dtype=torch.float64), torch.linspace(0, 1, 5, dtype=torch.float64)
    settings = SolverSettings(method=method, rtol=1e-9, atol=1e-9, stepping="per_sample")
    with torch.no_grad():
        found = solve_as_set(settings, Attentive(module, lambda: None), y0, ts)
        expected = solve_as_set(settings, module, y0, ts)
    assert found.samples.nfe.tolist() == expected.samples.nfe.tolist()
    torch.testing.assert_close(found.ys, expected.ys)


@pytest.mark.parametrize("gradient", ["checkpointed", "direct", "backsolve"])
def test_experiments_stored_before_there_were_more_modes_can_still_be_read(gradient: str) -> None:
    stored = f'{{"gradient": "{gradient}"}}'.encode()
    assert msgspec.json.decode(stored, type=SolverSettings).gradient == gradient


def test_small_work_stays_on_the_cpu() -> None:
    assert chosen_device("auto", 20 * 252) == torch.device("cpu")
    assert chosen_device("cpu", WORK_WORTH_CUDA) == torch.device("cpu")


def test_a_device_that_is_not_there_is_refused_with_those_that_are() -> None:
    for device, there in (("cuda", torch.cuda.is_available()), ("mps", torch.backends.mps.is_available())):
        if not there:
            with pytest.raises(ValueError, match=f"set to {device}, .*choose .*cpu"):
                chosen_device(device, 0)


def test_a_choice_without_effect_is_told() -> None:
    told = SolverSettings(gradient="reversible", method="rk4", controller="PI", stepping="per_sample").without_effect
    assert len(told) == 3
    assert "checkpointed, not reversible" in told[1] and "controller PI has nothing to choose" in told[2]
    assert SolverSettings(gradient="reversible", method="alf", controller="fixed").without_effect == ()
