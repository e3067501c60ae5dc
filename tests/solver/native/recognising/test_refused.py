"""Modules that must not be taken for a network: what they do besides would be lost, or what they compute changed."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from solver import native, solve
from solver.native.recognising import NotUnderstoodError, recognise
from tests.solver.native.recognising.fields import Demo, Layered, Looped, Wrapped, mlp

TS = torch.tensor([0.0, 0.3], dtype=torch.float64)
SCALES = [1.0]
CALLS = 0


def start() -> Tensor:
    return torch.randn(5, 2, generator=torch.Generator().manual_seed(3))


def forward(evaluate: Callable[[Any, Tensor, Tensor], Tensor]) -> Callable[[], nn.Module]:
    """A maker of Demos with another forward."""
    return lambda: type("Own", (Demo,), {"forward": evaluate})()


def counts(self: Any, t: Tensor, y: Tensor) -> Tensor:
    self.nfe = getattr(self, "nfe", 0) + 1
    return self.net(y)


def counts_in_a_tensor(self: Any, t: Tensor, y: Tensor) -> Tensor:
    self.net[0].bias.add_(0.0)
    return self.net(y)


def counts_globally(self: Any, t: Tensor, y: Tensor) -> Tensor:
    global CALLS
    CALLS += 1
    return self.net(y)


def writes_down(self: Any, t: Tensor, y: Tensor) -> Tensor:
    self.history.append(float(t))
    return self.net(y)


def prints(self: Any, t: Tensor, y: Tensor) -> Tensor:
    print(t)  # noqa: T201
    return self.net(y)


def draws(self: Any, t: Tensor, y: Tensor) -> Tensor:
    return self.net(y + torch.randn_like(y))


def draws_outside(self: Any, t: Tensor, y: Tensor) -> Tensor:
    return self.net(y) if random.random() < 2.0 else y


def decides_by_time(self: Any, t: Tensor, y: Tensor) -> Tensor:
    return self.net(y) if t < 0.1 else -self.net(y)


def decides_by_state(self: Any, t: Tensor, y: Tensor) -> Tensor:
    return self.net(y) if y.max() < 100.0 else y


def peeks(self: Any, t: Tensor, y: Tensor) -> Tensor:
    return self.net(y) * float(t)


def catches(self: Any, t: Tensor, y: Tensor) -> Tensor:
    try:
        return self.net(y)
    except RuntimeError:
        return y


def opens(self: Any, t: Tensor, y: Tensor) -> Tensor:
    with nullcontext():
        return self.net(y)


def asks_for_gradients(self: Any, t: Tensor, y: Tensor) -> Tensor:
    return self.net(y) if torch.is_grad_enabled() else -self.net(y)


def writes_in_place(self: Any, t: Tensor, y: Tensor) -> Tensor:
    hidden = self.net(y)
    hidden += 1.0
    return hidden


def changes_the_state(self: Any, t: Tensor, y: Tensor) -> Tensor:
    y[0] = 0.0
    return self.net(y)


def reads_a_list(self: Any, t: Tensor, y: Tensor) -> Tensor:
    return self.net(y) if SCALES[0] == 1.0 else y


def gates_by_one(self: Any, t: Tensor, y: Tensor) -> Tensor:
    return self.net(y) * torch.sigmoid(t * self.one + self.one)


def shifts_by_one(self: Any, t: Tensor, y: Tensor) -> Tensor:
    return self.net(y) + t * self.one


def adds_a_number(self: Any, t: Tensor, y: Tensor) -> Tensor:
    return 0.1 + self.net(y)


def moves_weights(self: Any, t: Tensor, y: Tensor) -> Tensor:
    return self.net.to(torch.float32)(y)


def adds_a_rest(self: Any, t: Tensor, y: Tensor) -> Tensor:
    return y + self.net(y)


def detaches(self: Any, t: Tensor, y: Tensor) -> Tensor:
    return self.net(y.detach())


def mixes_rows(self: Any, t: Tensor, y: Tensor) -> Tensor:
    return self.net(y - y.mean(0))


def permutes(self: Any, t: Tensor, y: Tensor) -> Tensor:
    return self.net(y[:, [1, 0]])


def repeats_rows(self: Any, t: Tensor, y: Tensor) -> Tensor:
    return self.net(y.flip(0))


def makes_weights(self: Any, t: Tensor, y: Tensor) -> Tensor:
    return functional.linear(y, torch.ones(2, 2))


def widens(self: Any, t: Tensor, y: Tensor) -> Tensor:
    return self.net(y.double().float())


def comprehends(self: Any, t: Tensor, y: Tensor) -> Tensor:
    return [layer(y) for layer in (self.net,)][0]


def bends_last(self: Any, t: Tensor, y: Tensor) -> Tensor:
    return torch.tanh(self.net(y))


FORWARDS: dict[str, tuple[Callable[..., Tensor], str]] = {
    "sets an attribute": (counts, "sets the attribute nfe"),
    "changes a weight": (counts_in_a_tensor, "uses add_"),
    "sets a global": (counts_globally, "sets the global CALLS"),
    "appends to a list": (writes_down, "append"),
    "prints": (prints, "the global print"),
    "draws in torch": (draws, "randn_like"),
    "draws in Python": (draws_outside, "the global random"),
    "decides by the time": (decides_by_time, "compares"),
    "decides by the state": (decides_by_state, "max"),
    "takes a number out": (peeks, "numbers out of a tensor"),
    "catches": (catches, "catches exceptions"),
    "opens a context": (opens, "opens a context"),
    "asks for the grad mode": (asks_for_gradients, "is_grad_enabled"),
    "writes in place": (writes_in_place, "in place, by add_"),
    "writes to the state": (changes_the_state, "sets an item"),
    "reads a global list": (reads_a_list, "the global SCALES, a list"),
    "one gate for all outputs": (gates_by_one, "adds up"),
    "one shift for all outputs": (shifts_by_one, "adds up"),
    "adds a number": (adds_a_number, "adds up"),
    "moves weights": (moves_weights, "_parse_to"),
    "adds the state": (adds_a_rest, "adds up"),
    "detaches": (detaches, "detach"),
    "mixes rows": (mixes_rows, "mean"),
    "permutes": (permutes, "another input than the state"),
    "turns rows around": (repeats_rows, "flip"),
    "makes weights": (makes_weights, "no weight"),
    "changes the dtype": (widens, "double"),
    "comprehends": (comprehends, "comprehensions"),
    "bends last": (bends_last, "ends with an activation"),
}


class Property(Demo):
    """The layer is made by a property."""

    @property
    def layer(self) -> nn.Module:
        """Whichever."""
        return self.net

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        return self.layer(y)


class Called(Demo):
    """Calling it is not calling forward."""

    def __call__(self, t: Tensor, y: Tensor) -> Tensor:
        return -super().__call__(t, y)


class Listed(nn.Module):
    """Layers in a plain list, in which they can be exchanged unseen."""

    def __init__(self) -> None:
        super().__init__()
        self.net = [nn.Linear(2, 2)]

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        return self.net[0](y)


def with_history() -> nn.Module:
    module = forward(writes_down)()
    module.history = []
    return module


def hooked(register: str, deep: bool = False) -> Callable[[], nn.Module]:
    def make() -> nn.Module:
        module = Demo()
        getattr(module.net[0] if deep else module, register)(lambda *_: None)
        return module

    return make


def parametrised() -> nn.Module:
    module = Demo()
    nn.utils.parametrizations.weight_norm(module.net[0])
    return module


def normed_by_hooks() -> nn.Module:
    module = Demo()
    nn.utils.spectral_norm(module.net[0])
    return module


def patched() -> nn.Module:
    module = Demo()
    module.forward = lambda t, y: module.net(y) * 2.0  # type: ignore[method-assign]
    return module


def patched_inside() -> nn.Module:
    module = Demo()
    module.net[0].forward = lambda y: y[:, :1].repeat(1, 11)
    return module


MODULES: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "appends to its own list": (with_history, "Own.history, a list"),
    "forward hook": (hooked("register_forward_hook"), "Hooks"),
    "forward hook inside": (hooked("register_forward_hook", deep=True), "Hooks"),
    "forward pre-hook": (hooked("register_forward_pre_hook"), "Hooks"),
    "backward hook": (hooked("register_full_backward_hook", deep=True), "Hooks"),
    "backward pre-hook": (hooked("register_full_backward_pre_hook"), "Hooks"),
    "parametrised": (parametrised, "ParametrizedLinear"),
    "normed by hooks": (normed_by_hooks, "Hooks"),
    "patched": (patched, "closes over module"),
    "patched inside": (patched_inside, "something else than the class says"),
    "property": (Property, "a property"),
    "own call": (Called, "a method __call__"),
    "plain list": (Listed, "a list"),
    "dropout": (lambda: Wrapped(mlp(nn.Dropout(0.5))), "kind Dropout"),
    "batch norm": (lambda: Wrapped(mlp(nn.BatchNorm1d(7))), "kind BatchNorm1d"),
    "recurrent": (lambda: Wrapped(nn.GRUCell(2, 2)), "kind GRUCell"),
    "lazy": (lambda: Wrapped(nn.Sequential(nn.LazyLinear(2))), "kind LazyLinear"),
    "other softplus": (lambda: Wrapped(mlp(nn.Softplus(beta=2))), "other settings"),
    "other elu": (lambda: Wrapped(mlp(nn.ELU(alpha=2.0))), "other settings"),
    "in place": (lambda: Wrapped(mlp(nn.ReLU(inplace=True))), "in place"),
    "exact gelu": (lambda: Wrapped(mlp(nn.GELU())), "approximate"),
    "two activations": (lambda: Wrapped(mlp(nn.Tanh(), nn.ELU())), "activations differ"),
    "no activation": (lambda: Wrapped(nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 2))), "no activation between"),
    "own activation": (lambda: Looped(lambda z: z * torch.tanh(z)), "multiplies"),
    "double": (lambda: Layered().double(), "dtype"),
    "half": (lambda: Layered().half(), "dtype"),
}


def reason(field: Any) -> str:
    with pytest.raises(NotUnderstoodError) as refusal:
        recognise(field, [], 0.0, start())
    return str(refusal.value)


@pytest.mark.parametrize("name", FORWARDS)
def test_a_forward_that_does_more_than_compute_a_network_is_refused(name: str) -> None:
    evaluate, why = FORWARDS[name]
    module = forward(evaluate)()
    module.one = nn.Parameter(torch.ones(1))
    before = CALLS, torch.random.get_rng_state(), [each.clone() for each in module.parameters()]
    assert why in reason(module.requires_grad_(False))
    assert before[0] == CALLS and torch.equal(torch.random.get_rng_state(), before[1])
    assert all(map(torch.equal, module.parameters(), before[2])) and not hasattr(module, "nfe")


@pytest.mark.parametrize("name", MODULES)
def test_a_module_that_is_no_plain_network_is_refused(name: str) -> None:
    make, why = MODULES[name]
    module = make()
    if "azy" not in name:
        module.requires_grad_(False)
    assert why in reason(module)


def test_what_is_counted_in_forward_is_counted_as_in_torch() -> None:
    ours, usual = forward(counts)(), forward(counts)()
    solve(ours, start(), TS)
    native.allow(False)
    solve(usual, start(), TS)
    assert ours.nfe == usual.nfe > 1


def test_hooks_for_all_modules_are_called() -> None:
    calls: list[int] = []
    module = Demo()
    assert solve(module, start(), TS).stats.native
    handle = nn.modules.module.register_module_forward_hook(lambda *_: calls.append(1))
    try:
        assert not solve(module, start(), TS).stats.native and calls
    finally:
        handle.remove()
    assert solve(module, start(), TS).stats.native


def test_autocast_is_left_to_torch() -> None:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert "Autocast" in reason(Demo().requires_grad_(False))


class Solved(nn.Module):
    """The sum of the end states of a field."""

    def __init__(self, field: nn.Module) -> None:
        super().__init__()
        self.field = field

    def forward(self, y: Tensor) -> Tensor:
        solution = solve(self.field, y, TS, gradient="checkpointed", method="euler", dt=0.1)
        assert not solution.stats.native
        return solution.ys.sum()


def test_transformations_of_functions_are_left_to_torch() -> None:
    module = Solved(Demo())
    weights = {name: each.detach() for name, each in module.named_parameters()}
    with pytest.raises(RuntimeError, match="functorch transform"), torch.no_grad():
        torch.func.grad(lambda known: torch.func.functional_call(module, known, (start(),)))(weights)


def test_weights_that_nobody_announced_are_left_to_torch() -> None:
    net = mlp(nn.Tanh())
    with pytest.raises(ValueError, match="was not told of"):
        solve(lambda t, y: net(y), start(), TS)


def test_objects_that_are_no_modules_are_refused() -> None:
    class Wrong:
        def __call__(self, t: Tensor, y: Tensor) -> Tensor:
            return -y

    assert "an object of the class Wrong" in reason(Wrong())


def test_a_mode_that_listens_to_torch_hears_every_call() -> None:
    heard: list[str] = []

    class Mode(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            heard.append(getattr(func, "__name__", ""))
            return func(*args, **(kwargs or {}))

    with Mode():
        assert not solve(Demo(), start(), TS).stats.native
    assert heard.count("linear") > 2
