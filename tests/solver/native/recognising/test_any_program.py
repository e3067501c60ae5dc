"""Programs drawn at random from the words of tutorials: whatever is recognised is what torch computes, everywhere."""

from __future__ import annotations

from random import Random

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from solver import native, solve
from solver.native.library import KERNELS
from solver.native.recognising import NotUnderstoodError, recognise
from solver.native.recognising.agreement import agrees

INPUTS = ("y", "y**3", "y * y * y", "y * y", "y.t().t()", "y[:, :2]", "y.view(2, 2)", "y.squeeze()", "y.reshape(2, 2)")
FIRSTS = (
    *("self.m(x)", "x @ self.W", "functional.linear(x, self.W.T)", "x @ self.S.T", "self.W.T @ x.T"),
    *("torch.addmm(self.b, x, self.W)", "self.q(torch.cat([t.expand(2, 1), x], 1))"),
    "self.q(torch.cat([x, t * torch.ones_like(y[:, :1])], -1))",
)
CHANGES = (
    *("v + self.b", "v + self.U", "v + t * self.b", "v * self.b", "v + t", "-v", "v * 0.5", "v / 2", "v + self.W"),
    *("v * torch.sigmoid(self.g(t.view(1, 1)))", "v + self.h(t.view(1, 1))", "v + self.g(t.view(1, 1))", "v + v"),
    *("v * torch.sigmoid(self.one(t.view(1, 1)))", "v + self.a * t", "v + self.one(t.view(1, 1))", "v + self.a"),
    *("v * v", "v.reshape(2, -1)", "v.T", "v + y", "v * t", "v + self.b.unsqueeze(0)", "v + self.b.view(1, -1)"),
)
BENDS = ("torch.tanh", "functional.softplus", "functional.silu", "torch.sin", "functional.elu")
LASTS = ("self.k(v)", "v @ self.S", "functional.linear(v, self.S.t())", "self.p(torch.cat([v, t.expand(2, 1)], 1))")


class Weights(nn.Module):
    """Two of everything, and two rows of states, so that what is confused fits all the same."""

    def __init__(self) -> None:
        super().__init__()
        self.W, self.S, self.b = (nn.Parameter(0.7 * torch.randn(*shape)) for shape in ((2, 2), (2, 2), (2,)))
        self.U = nn.Parameter(torch.randn(1, 2))
        self.m, self.k, self.q, self.p = nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(3, 2), nn.Linear(3, 2)
        self.g, self.h = nn.Linear(1, 2), nn.Linear(1, 2, bias=False)
        self.one, self.a = nn.Linear(1, 1), nn.Parameter(torch.randn(1))


def program(draw: Random) -> str:
    """The source of a forward."""
    changes = [f"v = {draw.choice(CHANGES)}" for _ in range(draw.choice((0, 0, 1, 2, 3)))]
    bent = [f"v = {draw.choice(BENDS)}(v)"] * (draw.random() < 0.9)
    after = [f"v = {draw.choice(CHANGES)}" for _ in range(draw.choice((0, 0, 1, 2)))]
    lines = [f"x = {draw.choice(INPUTS)}", f"v = {draw.choice(FIRSTS)}", *changes, *bent, f"v = {draw.choice(LASTS)}"]
    return "\n    ".join(("def forward(self, t, y):", *lines, *after, "return v"))


def written(source: str) -> nn.Module:
    """A module with that forward."""
    space = {"torch": torch, "functional": functional}
    exec(source, space)
    return type("Written", (Weights,), {"forward": space["forward"]})().double()


def gradient(module: nn.Module, y0: Tensor, kernel: bool) -> Tensor:
    native.allow(kernel)
    solution = solve(module, y0, torch.tensor([0.3, 0.4]).double(), method="rk4", dt=0.05)
    assert solution.stats.native == kernel
    found = torch.autograd.grad(solution.ys[-1].sin().sum(), list(module.parameters()))
    native.allow()
    return torch.cat([each.reshape(-1) for each in found])


@pytest.mark.parametrize("count", [30, pytest.param(4000, marks=pytest.mark.slow)])
def test_whatever_is_recognised_is_what_torch_computes(count: int) -> None:
    torch.manual_seed(0)
    draw, recognised = Random(count), 0
    for _ in range(count):
        source = program(draw)
        module, y0 = written(source), torch.rand(2, 2).double()
        try:
            with torch.no_grad():
                field = recognise(module, (), draw.random(), y0).field
        except NotUnderstoodError:
            continue
        recognised += 1
        elsewhere = 2.0 * torch.randn(2, 2).double()
        assert agrees(module, field, KERNELS.loaded[torch.float64], draw.uniform(-3.0, 3.0), elsewhere), source
        ours, usual = (gradient(module, y0, kernel) for kernel in (True, False))
        torch.testing.assert_close(ours, usual, rtol=1e-7, atol=1e-7 * float(usual.abs().max()), msg=source)
    assert recognised > count // 12
