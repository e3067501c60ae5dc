"""Weights that are made from time, in the kernel and in torch: the same steps, states, statistics and gradients."""

from __future__ import annotations

import pytest
import torch

from solver import solve
from solver.native.description import Affine, Cosines, Hypernetwork, Network, dense_layers
from tests.solver.native.networks import TorchNetwork, made_by_a_network, varying, weights
from tests.solver.native.test_agreement import TS, apart, assert_same, both

MADE = {
    "cosines": varying(2, 9, 7, 2),
    "cosines, traced": varying(2, 9, 2, trace=-1.0),
    "cosines of a potential": varying(3, 9, 7, 1, gradient=-1.0),
    "network": made_by_a_network(2, 9),
    "network, layers between": made_by_a_network(3, 20, 7, 20),
    "network, traced": made_by_a_network(2, 9, 9, trace=1.0),
}


@pytest.mark.parametrize("network", MADE.values(), ids=MADE)
def test_weights_are_made_as_in_torch(network: Network) -> None:
    assert_same(both(network, batch=40))


@pytest.mark.parametrize("method", ["euler", "rk4", "bosh3", "tsit5", "dop853"])
@pytest.mark.parametrize("kind", ["cosines", "network, layers between"])
def test_weights_are_made_for_the_stages_of_every_method(kind: str, method: str) -> None:
    fixed = {"dt": 0.11} if method in ("euler", "rk4") else {}
    assert_same(both(MADE[kind], batch=35, method=method, **fixed))


@pytest.mark.parametrize("kind", ["cosines", "network, layers between"])
@pytest.mark.parametrize("times", [[1.0, 0.4, -0.5], [0.0, 0.0, 0.5, 0.5, 1.0, 1.0]])
def test_weights_are_made_for_any_times(kind: str, times: list[float]) -> None:
    assert_same(both(MADE[kind], batch=70, ts=torch.tensor(times, dtype=torch.float64)))


@pytest.mark.parametrize("kind", ["cosines", "network, layers between"])
def test_weights_may_be_made_in_single_precision(kind: str) -> None:
    found = both(MADE[kind], batch=70, dtype=torch.float32, method="rk4", dt=0.05)
    assert apart(found.native.solution.ys, found.usual.solution.ys) < 2e-6
    assert apart(found.native.in_theta, found.usual.in_theta) < 1e-5


@pytest.mark.parametrize("kind", ["cosines", "network"])
def test_the_gradient_may_be_wanted_in_the_start_alone(kind: str) -> None:
    network, found = MADE[kind], []
    for silent in (False, True):
        y0 = torch.linspace(-1, 1, 80, dtype=torch.float64).view(40, 2).requires_grad_()
        field = TorchNetwork(network, weights(network), silent=silent).requires_grad_(False)
        solution = solve(field, y0, TS, gradient="direct" if silent else "checkpointed")
        assert solution.stats.native is not silent
        found.append(torch.autograd.grad(solution.ys.square().sum(), y0)[0])
    assert apart(*found) < 1e-9


def test_what_is_made_must_fit() -> None:
    cosines = Cosines((8, 4, 8, 2), 2, 1.0)
    gated = Affine(2, 2, cosines.known, gate=cosines.known, gate_bias=cosines.known)
    with pytest.raises(ValueError, match="a weight and a bias alone"):
        Network((gated,), "tanh", making=cosines)
    with pytest.raises(ValueError, match="takes t to 70 numbers here; this one takes 1 to 60"):
        Hypernetwork(dense_layers((1, 5, 60)), 10, 2, 500)
