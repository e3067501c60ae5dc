"""When the kernel is used, when it is not, and what it does with those who look up while it works."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
import torch
from torch import Tensor

from solver import GRADIENTS, Event, Stats, native, solve
from solver.controllers import PI
from solver.gradients.problem import Problem
from solver.methods.dopri5 import DOPRI5
from solver.native import building, compilers, library
from solver.native.description import Affine, NativeField, Network, dense_layers
from solver.native.fitting import fitting_field
from solver.plan import Plan
from solver.tolerance import Tolerance
from tests.solver.native.networks import TorchNetwork, plain, weights

TS = torch.linspace(0.0, 1.0, 3, dtype=torch.float64)
NETWORK = plain(2, 8, 2)
PLAN = Plan(DOPRI5, PI, Tolerance(1e-6, 1e-8), None, 1000)


def field(silent: bool = False) -> TorchNetwork:
    return TorchNetwork(NETWORK, weights(NETWORK), silent=silent)


def start() -> Tensor:
    return torch.ones(4, 2, dtype=torch.float64)


def is_native(ys: Tensor) -> bool:
    return type(ys.grad_fn).__name__ == "_SolveBackward"


def test_it_is_chosen_by_itself() -> None:
    solution = solve(field(), start(), TS)
    assert is_native(solution.ys) and solution.stats.native
    assert native.describe() == "Networks are solved by the native kernel."


def test_it_can_be_switched_off() -> None:
    native.allow(False)
    solution = solve(field(), start(), TS)
    assert not is_native(solution.ys) and not solution.stats.native
    assert "switched off" in native.describe()


SPECIAL: list[dict[str, Any]] = [
    {"method": "ab4", "dt": 0.1},
    {"method": "radau5"},
    {"dense": True},
    {"events": Event(lambda t, y: y[0, 0] - 100.0)},
    {"forced_times": [0.5]},
    {"jump_times": [0.5]},
    {"rtol": torch.tensor([1e-6, 1e-5])},
    {"norm": lambda errors: errors.abs().max()},
    *({"gradient": way.name} for way in GRADIENTS if way.name not in ("checkpointed", "reversible", "direct")),
]


@pytest.mark.parametrize("options", SPECIAL, ids=lambda options: "-".join(options))
def test_what_it_does_not_know_goes_the_usual_way(options: dict[str, Any]) -> None:
    ours, usual = (solve(field(silent), start(), TS, **options) for silent in (False, True))
    assert not is_native(ours.ys)
    assert torch.equal(ours.ys, usual.ys)


def test_weights_that_nobody_described_go_the_usual_way() -> None:
    module = field()
    module.extra = torch.nn.Parameter(torch.ones(1))
    assert not is_native(solve(module, start(), TS, gradient="checkpointed").ys)


def test_without_a_gradient_the_way_to_differentiate_does_not_matter() -> None:
    ours, usual = (solve(field(silent), start(), TS, gradient="backsolve") for silent in (False, True))
    with torch.no_grad():
        free = solve(field(), start(), TS, gradient="backsolve")
    torch.testing.assert_close(free.ys, usual.ys.detach(), rtol=1e-10, atol=1e-12)
    assert torch.equal(ours.ys, usual.ys)


def test_a_change_of_the_weights_before_the_gradient_is_noticed() -> None:
    module = field()
    ys = solve(module, start(), TS).ys
    with torch.no_grad():
        module.theta.add_(1.0)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        ys.sum().backward()


def test_a_graph_may_be_pulled_back_twice() -> None:
    module = field()
    ys = solve(module, start(), TS).ys
    first, second = (torch.autograd.grad(ys.sum(), module.theta, retain_graph=True)[0] for _ in range(2))
    assert torch.equal(first, second)


def test_second_derivatives_are_refused() -> None:
    module = field()
    y0 = start().requires_grad_()
    ys = solve(module, y0, TS).ys
    assert is_native(ys)
    (gradient,) = torch.autograd.grad(ys.sum(), module.theta, create_graph=True)
    for leaf in (y0, module.theta):
        with pytest.raises(RuntimeError, match="direct"):
            torch.autograd.grad(gradient.sum(), leaf, retain_graph=True)


def attended(attend: Callable[[], None]) -> NativeField:
    return NativeField(NETWORK, weights(NETWORK), None, attend)


class Attended(TorchNetwork):
    """A field whose solve is watched."""

    def __init__(self, attend: Callable[[], None]) -> None:
        super().__init__(NETWORK, weights(NETWORK))
        self.attend = attend

    def native(self) -> NativeField:
        return NativeField(NETWORK, self.theta, None, self.attend)


def test_who_attends_is_called_in_a_long_solve() -> None:
    looks: list[int] = []
    with torch.no_grad():
        solve(Attended(lambda: looks.append(1)), start().repeat(500, 1), TS, method="euler", dt=1e-3)
    assert len(looks) > 1


def test_what_the_attendant_raises_abandons_the_solve() -> None:
    def refuse() -> None:
        raise InterruptedError("enough")

    with pytest.raises(InterruptedError, match="enough"), torch.no_grad():
        solve(Attended(refuse), start().repeat(500, 1), TS, method="euler", dt=1e-3)


def test_without_a_compiler_it_says_so_and_solves_in_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    monkeypatch.setattr(library, "KERNELS", library.Kernels())
    library.KERNELS.allowed = True
    assert library.KERNELS.get(torch.float32) is None
    assert "no-such-compiler, which is not there" in native.describe()


def test_a_compiler_that_fails_is_quoted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(building, "SOURCES", tmp_path)
    (tmp_path / "kernel.c").write_text("this is no C")
    with pytest.raises(building.BuildError, match="did not build the native kernel"):
        building.compile_kernel(tmp_path / "kernel.so", double=False)
    assert [path.name for path in tmp_path.iterdir()] == ["kernel.c"]


def test_a_machine_without_a_compiler_uses_the_packaged_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(compilers, "INSTALLED", ())
    with pytest.raises(building.BuildError, match="pip install ziglang"):
        compilers.compiler_at_hand()
    package, sources = tmp_path / "ziglang", tmp_path / "sources"
    package.mkdir()
    sources.mkdir()
    (package / "__init__.py").touch()
    program = package / "zig"
    program.write_text('#!/bin/sh\n[ "$1" = cc ] && shift && exec cc "$@"\n')
    program.chmod(0o755)
    (sources / "kernel.c").write_text("int answer(void) { return 42; }")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(building, "SOURCES", sources)
    assert compilers.compiler_at_hand().command == (str(program), "cc")
    building.compile_kernel(tmp_path / "kernel.so", double=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kernel.so", "sources", "ziglang"]


def test_a_cache_that_others_may_write_to_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(building.sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert building.cache_folder().is_dir()
    building.cache_folder().chmod(0o777)
    with pytest.raises(building.BuildError, match="Others may write"):
        building.cache_folder()


def test_the_kernel_is_kept_under_another_name_for_another_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    before = building.built_file(double=False)
    monkeypatch.setenv("CC", "cc -O1")
    assert building.built_file(double=False) != before
    assert building.built_file(double=True) != building.built_file(double=False)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Network(dense_layers((2, 4, 3)), "tanh"), "as many outputs as inputs"),
        (lambda: Network((Affine(2, 4, 0), Affine(3, 2, 8)), "tanh"), "follows one of 4 outputs"),
        (lambda: plain(2, 4, 2, gradient=-1.0), "A potential is one number"),
        (lambda: plain(2, 4, 2, activation="cubic"), "has no activation 'cubic'"),
        (lambda: Affine(2, 4, 0, gate=8), "needs both gate and gate_bias"),
    ],
)
def test_descriptions_that_fit_nothing_are_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_what_many_threads_share_better_is_left_to_them() -> None:
    many = torch.zeros(2_000_000, 2, dtype=torch.float64)
    before = torch.get_num_threads()
    module = field()
    problem = Problem(module, module, None, many, [0.0, 1.0], PLAN, Stats())
    try:
        torch.set_num_threads(8)
        assert fitting_field(problem, GRADIENTS[0]) is None
        torch.set_num_threads(1)
        assert fitting_field(problem, GRADIENTS[0]) is not None
    finally:
        torch.set_num_threads(before)


def test_threads_may_solve_at_the_same_time() -> None:
    def gradient(seed: int) -> Tensor:
        module = TorchNetwork(NETWORK, weights(NETWORK, seed))
        ys = solve(module, start().repeat(20 * (1 + seed), 1), TS).ys
        return torch.autograd.grad(ys.square().mean(), module.theta)[0]

    alone = [gradient(seed) for seed in range(6)]
    with ThreadPoolExecutor(3) as pool:
        for _ in range(5):
            assert all(map(torch.equal, pool.map(gradient, range(6)), alone))


@pytest.mark.slow
def test_a_build_goes_on_when_the_process_ends(tmp_path: Path) -> None:
    begin = "import time, torch; from solver.native.library import KERNELS; KERNELS.get(torch.float32); time.sleep(1)"
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path), "NODEVIZ_NATIVE": "1"}
    folder = tmp_path / "Library" / "Caches" if sys.platform == "darwin" else tmp_path
    subprocess.run([sys.executable, "-c", begin], env={**environment, "HOME": str(tmp_path)}, check=True)
    until = monotonic() + 60
    while not list((folder / "nodeviz" / "native").glob("kernel-*.so")) and monotonic() < until:
        sleep(0.1)
    assert [path.suffix for path in (folder / "nodeviz" / "native").iterdir()] == [".so"]
