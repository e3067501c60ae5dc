"""What changes after a module was recognised is noticed: the next solve is that of the module as it is now."""

from __future__ import annotations

import copy
import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from solver import native, solve
from solver.native.recognising import knowledge
from tests.solver.native.recognising.fields import Demo, Layered, Looped, Scaled, Shared, mlp

TS = torch.tensor([0.0, 0.3], dtype=torch.float64)
BENT = torch.tanh
POWER = 1


class Everything(nn.Module):
    """Reads an attribute, a class attribute, a global, a method and a function."""

    scale_by = 1

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 6), nn.ELU(), nn.Linear(6, 2, bias=False))
        self.power = 3

    def inner(self, y: Tensor) -> Tensor:
        """The input of the network."""
        return torch.pow(y, self.power if self.scale_by == 1 else POWER)

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        return self.net(self.inner(y))


def start(dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.randn(5, 2, generator=torch.Generator().manual_seed(3), dtype=dtype)


def assert_as_in_torch(field: Any, native_too: bool | None = None, y0: Tensor | None = None) -> Tensor:
    """Solve with the kernel allowed and without it; `native_too` says whether it must, or may not, have been used."""
    y0 = start() if y0 is None else y0
    ours = solve(field, y0, TS, rtol=1e-5, atol=1e-6)
    native.allow(False)
    usual = solve(field, y0, TS, rtol=1e-5, atol=1e-6)
    native.allow()
    if native_too is not None:
        assert ours.stats.native == native_too
    torch.testing.assert_close(ours.ys, usual.ys, rtol=1e-4, atol=1e-5)
    return ours.ys.detach()


def swap_weight(module: Everything) -> None:
    module.net[0].weight = nn.Parameter(torch.randn(6, 2))


def swap_data(module: Everything) -> None:
    module.net[0].weight.data = torch.randn(6, 2)


def write_weight(module: Everything) -> None:
    with torch.no_grad():
        module.net[0].weight.mul_(-1.0)


def swap_layer(module: Everything) -> None:
    module.net[0] = nn.Linear(2, 6, bias=False)


def widen(module: Everything) -> None:
    module.net[0], module.net[2] = nn.Linear(2, 9), nn.Linear(9, 2)


def swap_activation(module: Everything) -> None:
    module.net[1] = nn.Tanh()


def lengthen(module: Everything) -> None:
    module.net.append(nn.ELU())
    module.net.append(nn.Linear(2, 2))


def swap_net(module: Everything) -> None:
    module.net = mlp(nn.Softplus())


def give_bias(module: Everything) -> None:
    module.net[2].bias = nn.Parameter(torch.randn(2))


def change_attribute(module: Everything) -> None:
    module.power = 1


def hide_class_attribute(module: Everything) -> None:
    module.scale_by = 2


def patch_method(module: Everything) -> None:
    module.inner = lambda y: -y  # type: ignore[method-assign]


def patch_forward(module: Everything) -> None:
    module.forward = lambda t, y: -y  # type: ignore[method-assign]


def patch_inside(module: Everything) -> None:
    module.net[0].forward = lambda y: functional.linear(y, torch.ones(6, 2))


def change_alpha(module: Everything) -> None:
    module.net[1].alpha = 3.0


def change_class(module: Everything) -> None:
    module.__class__ = type("Other", (Everything,), {"forward": lambda self, t, y: self.net(y)})


CHANGES: dict[str, tuple[Callable[[Everything], None], bool | None]] = {
    change.__name__: (change, stays)
    for change, stays in [
        (swap_weight, True),
        (swap_data, True),
        (write_weight, True),
        (swap_layer, True),
        (widen, True),
        (swap_activation, True),
        (lengthen, True),
        (swap_net, True),
        (give_bias, True),
        (change_attribute, True),
        (hide_class_attribute, True),
        (patch_method, False),
        (patch_forward, False),
        (patch_inside, False),
        (change_alpha, False),
        (change_class, None),
    ]
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_the_module_is_noticed(name: str) -> None:
    torch.manual_seed(1)
    change, stays = CHANGES[name]
    module = Everything()
    before = assert_as_in_torch(module, native_too=True)
    change(module)
    after = assert_as_in_torch(module, native_too=stays)
    assert not torch.allclose(before, after, atol=1e-3)


def test_a_change_of_the_class_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    module = Everything()
    assert_as_in_torch(module, native_too=True)
    monkeypatch.setattr(Everything, "inner", lambda self, y: -y)
    assert_as_in_torch(module, native_too=False)
    monkeypatch.setattr(Everything, "inner", lambda self, y: y)
    assert_as_in_torch(module, native_too=True)
    monkeypatch.setattr(Everything, "forward", lambda self, t, y: y)
    assert_as_in_torch(module, native_too=False)


def test_a_change_of_a_global_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    module = type("Own", (Demo,), {"forward": lambda self, t, y: self.net[2](BENT(self.net[0](y)))})()
    before = assert_as_in_torch(module, native_too=True)
    monkeypatch.setitem(globals(), "BENT", torch.sin)
    assert not torch.allclose(before, assert_as_in_torch(module, native_too=True), atol=1e-3)
    monkeypatch.setitem(globals(), "BENT", torch.cos)
    assert_as_in_torch(module, native_too=False)


def test_a_change_of_what_a_function_closes_over_is_noticed() -> None:
    nets = [mlp(nn.Tanh()).requires_grad_(False) for _ in range(2)]
    net = nets[0]

    def field(t: Tensor, y: Tensor) -> Tensor:
        return net(y)

    assert_as_in_torch(field, native_too=True)
    net = nets[1]
    assert_as_in_torch(field, native_too=True)


def around(net: nn.Module) -> Callable[[Tensor, Tensor], Tensor]:
    """A function made anew, of the same code."""
    return lambda t, y: net(y)


def test_functions_of_one_code_are_told_apart() -> None:
    for _ in range(3):
        assert_as_in_torch(around(mlp(nn.Tanh()).requires_grad_(False)), native_too=True)


def test_defaults_that_hold_a_network_are_left_to_torch() -> None:
    net = mlp(nn.Tanh()).requires_grad_(False)
    assert_as_in_torch(lambda t, y, net=net: net(y), native_too=False)


def test_even_a_change_of_the_code_in_use_shows_at_the_start_of_a_solve(monkeypatch: pytest.MonkeyPatch) -> None:
    module = Everything()
    assert_as_in_torch(module, native_too=True)

    def other(self: Everything, y: Tensor) -> Tensor:
        return y

    monkeypatch.setattr(Everything.inner, "__code__", other.__code__)
    assert_as_in_torch(module, native_too=False)


def test_a_hook_sends_a_module_to_torch_for_as_long_as_it_is_there() -> None:
    module, calls = Everything(), []
    assert_as_in_torch(module, native_too=True)
    handle = module.net[1].register_forward_hook(lambda *_: calls.append(1))
    assert_as_in_torch(module, native_too=False)
    assert calls
    handle.remove()
    assert_as_in_torch(module, native_too=True)


def test_training_mode_is_of_no_account_where_nothing_reads_it() -> None:
    module = Everything()
    assert_as_in_torch(module.eval(), native_too=True)
    assert_as_in_torch(module.train(), native_too=True)


def test_training_mode_is_noticed_where_forward_reads_it() -> None:
    def forward(self: Any, t: Tensor, y: Tensor) -> Tensor:
        return self.net(y) if self.training else self.net(y**3)

    module = type("Own", (Demo,), {"forward": forward})()
    before = assert_as_in_torch(module.train(), native_too=True)
    assert not torch.allclose(before, assert_as_in_torch(module.eval(), native_too=True), atol=1e-3)


def test_decisions_by_the_shape_are_made_for_each_shape() -> None:
    def forward(self: Any, t: Tensor, y: Tensor) -> Tensor:
        return self.net(y) if len(y) > 5 else self.net(y**3)

    module = type("Own", (Demo,), {"forward": forward})()
    assert_as_in_torch(module, native_too=True)
    assert_as_in_torch(module, native_too=True, y0=start().repeat(2, 1))


def test_a_module_may_move_to_another_precision() -> None:
    module = Layered()
    assert_as_in_torch(module, native_too=True)
    assert_as_in_torch(module.double(), native_too=True, y0=start(torch.float64))
    with pytest.raises(RuntimeError, match="dtype"):
        solve(module, start(), TS)


def test_parameters_may_be_frozen_and_thawed() -> None:
    module = Demo()
    for frozen in (False, True, False):
        module.net[0].weight.requires_grad_(not frozen)
        module.zero_grad()
        solution = solve(module, start(), TS)
        solution.ys.sum().backward()
        assert solution.stats.native
        assert (module.net[0].weight.grad is None) == frozen


def assert_gradients_as_in_torch(module: nn.Module) -> None:
    found = []
    for kernel in (True, False):
        native.allow(kernel)
        solution = solve(module, start(), TS, method="rk4", dt=0.1)
        assert solution.stats.native == kernel
        found.append(torch.autograd.grad(solution.ys.square().sum(), list(module.parameters())))
    native.allow()
    for ours, usual in zip(*found, strict=True):
        torch.testing.assert_close(ours, usual, rtol=1e-4, atol=1e-5)


def test_weights_may_be_tied_and_untied() -> None:
    module = Shared()
    assert_gradients_as_in_torch(module)
    module.inner.weight = nn.Parameter(module.outer.weight.detach().clone())
    assert_gradients_as_in_torch(module)
    module.inner.weight = module.outer.weight
    assert_gradients_as_in_torch(module)


def test_a_change_of_a_factor_is_noticed() -> None:
    module = Scaled()
    before = assert_as_in_torch(module, native_too=True)
    module.scale = -0.3
    assert not torch.allclose(before, assert_as_in_torch(module, native_too=True), atol=1e-3)


def test_what_tools_put_in_the_place_of_torchs_own_calls_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    module, calls, forward = Demo(), [], nn.Linear.forward
    assert_as_in_torch(module, native_too=True)

    def counting(self: nn.Linear, input: Tensor) -> Tensor:
        calls.append(1)
        return forward(self, input)

    monkeypatch.setattr(nn.Linear, "forward", counting)
    assert_as_in_torch(module, native_too=False)
    assert_as_in_torch(Demo(), native_too=False)
    assert calls


def test_a_parametrisation_is_noticed() -> None:
    module = Everything()
    assert_as_in_torch(module, native_too=True)
    nn.utils.parametrizations.weight_norm(module.net[0])
    assert_as_in_torch(module, native_too=False)


def test_copies_are_modules_of_their_own() -> None:
    module = Demo()
    before = assert_as_in_torch(module, native_too=True)
    other = copy.deepcopy(module)
    write_weight(other)  # type: ignore[arg-type]
    assert not torch.allclose(before, assert_as_in_torch(other, native_too=True), atol=1e-3)
    assert torch.equal(before, assert_as_in_torch(module, native_too=True))


def test_what_changes_all_the_time_is_left_to_torch() -> None:
    module = Everything()
    most = knowledge.MOST_CHANGES
    for turn in range(2 * most):
        module.power = 1 if turn % 2 else 3
        assert_as_in_torch(module, native_too={0: True, most: True, 2 * most - 1: False}.get(turn))


def test_a_function_of_the_same_code_in_another_file_is_another_one() -> None:
    code = "def field(t, y):\n    return net(y)\n"
    spaces: list[dict[str, Any]] = [{"net": mlp(nn.Tanh()).requires_grad_(False)} for _ in range(2)]
    for space in spaces:
        exec(compile(code, "either", "exec"), space)
        assert_as_in_torch(space["field"], native_too=True)


def test_a_state_that_is_not_finite_goes_the_usual_way() -> None:
    y0 = torch.full((5, 2), float("inf"))
    assert not solve(Demo(), y0, TS).stats.native


def test_modules_are_not_kept_alive() -> None:
    module = Looped(torch.tanh)
    field = mlp(nn.Tanh())
    solve(module, start(), TS)
    solve(around(field), start(), TS, parameters=field.parameters())
    left = [weakref.ref(module), weakref.ref(field), weakref.ref(field[0].weight)]
    del module, field
    gc.collect()
    assert all(each() is None for each in left)
