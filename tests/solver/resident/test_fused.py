"""Stages of small networks in one kernel each: which fields it knows, and that it finds what they do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from nodeviz.fields import Field, FormulaField, GradientField, LinearField, MLPField
from nodeviz.fields.modules.traced_field import TracedField
from solver import resident, solve
from solver.resident import fused
from solver.resident.fused import fused_network
from tests.solver.resident import interpreted

needs_triton = pytest.mark.skipif(find_spec("triton") is None, reason="Triton is not installed")
Y = torch.zeros(5, 2)


def module(field: Field) -> torch.nn.Module:
    return field.module(field.initial_parameters(3))


@pytest.mark.parametrize("field", interpreted.FIELDS, ids=str)
def test_perceptrons_are_known(field: MLPField) -> None:
    network = fused_network(module(field), torch.zeros(5, field.dim))
    assert network is not None
    assert network[1:] == (
        field.dim,
        field.width,
        field.depth,
        field.time == "concat",
        field.cubed,
        fused.ACTIVATIONS.index(field.activation),
    )


@pytest.mark.parametrize(
    "field",
    [
        MLPField(activation="gelu"),
        MLPField(time="concatsquash", cubed=False),
        MLPField(width=65),
        GradientField(),
        LinearField(),
        FormulaField(),
    ],
    ids=["activation", "gates", "width", "gradient", "linear", "formula"],
)
def test_other_fields_are_left_to_torch(field: Field) -> None:
    assert fused_network(module(field), Y) is None


def test_so_are_densities_and_double_precision() -> None:
    made = module(MLPField(cubed=False))
    assert fused_network(TracedField(made), torch.zeros(5, 3)) is None
    assert fused_network(made.double(), Y.double()) is None
    assert fused_network(torch.nn.Linear(2, 2), Y) is None


def test_nothing_is_trusted_without_triton(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fused, "there_is_triton", lambda: False)
    network = fused_network(module(MLPField()), Y)
    assert network is not None
    assert not fused.Trust()(network, Y.reshape(-1), torch.zeros(1), Y.reshape(-1))


def test_a_kernel_that_fails_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def fails() -> None:
        tried.append(None)
        raise RuntimeError("there is no such device")

    monkeypatch.setattr(fused, "there_is_triton", lambda: True)
    monkeypatch.setattr(fused, "_kernel", fails)
    network, trusted = fused_network(module(MLPField()), Y), fused.Trust()
    assert network is not None
    for slope in (torch.full((10,), torch.inf), Y.reshape(-1), Y.reshape(-1)):
        assert not trusted(network, Y.reshape(-1), torch.zeros(1), slope)
    assert len(tried) == 1


@needs_triton
@pytest.mark.slow
def test_the_kernel_finds_what_the_field_does() -> None:
    root, interpreting = Path(__file__).parents[3], {**os.environ, "TRITON_INTERPRET": "1"}
    command = [sys.executable, "-m", interpreted.__name__]
    ran = subprocess.run(command, cwd=root, env=interpreting, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    for off, trusted, other_trusted in json.loads(ran.stdout):
        assert off < 3e-6
        assert trusted and not other_trusted


@needs_triton
@pytest.mark.slow
@pytest.mark.parametrize(("dim", "width", "hidden"), [(2, 50, 1), (2, 64, 2), (4, 33, 3)])
def test_the_kernel_compiles_for_an_h100_without_one(dim: int, width: int, hidden: int) -> None:
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    from solver.resident import fused_kernel

    pointers = dict.fromkeys(("y", "slopes", "moved", "theta", "weights", "moment", "dt"), "*fp32")
    shape = {"DIM": dim, "WIDTH": width, "HIDDEN": hidden, "TIMED": False, "CUBED": True, "ACTIVATION": 0}
    tiles = {"ENTRIES": 16, "UNITS": 64, "BLOCK": fused.BLOCK}
    constants = {**shape, **tiles}
    signature = {**pointers, "rows": "i32", "number": "i32", **dict.fromkeys(constants, "constexpr")}
    source = ASTSource(fn=fused_kernel.stage, signature=signature, constexprs=constants)
    made = triton.compile(source, target=GPUTarget("cuda", 90, 32), options={"num_warps": fused.WARPS})
    assert "mma" in made.asm["ptx"]


@pytest.mark.cuda
@needs_triton
@pytest.mark.parametrize("rows", [20, 3000, 400_000])
def test_a_fused_solve_is_that_of_the_usual_way(rows: int) -> None:
    field = module(MLPField(width=64, depth=2, cubed=False)).to("cuda")
    y0, ts = torch.randn(rows, 2, device="cuda"), torch.linspace(0.0, 2.0, 9, dtype=torch.float64)
    states = []
    for fuses in (True, False):
        resident.allow(fuses=fuses)
        with torch.no_grad():
            states.append([solve(field, y0, ts, method="rk4", dt=0.1).ys for _ in range(3)][-1])
    network = fused_network(field, y0)
    assert network is not None and fused.trusted(
        network, y0.reshape(-1), torch.zeros(1, device="cuda"), field.evaluate(0.0, y0).reshape(-1)
    )
    torch.testing.assert_close(*states, rtol=1e-5, atol=1e-5)
