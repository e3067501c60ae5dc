"""Formulas compute the same in numpy and in torch, and torch's derivatives are the true ones."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nodeviz.fields.formula_language import FUNCTIONS, parse
from nodeviz.fields.formula_language import compile_numpy as by_numpy
from nodeviz.fields.formula_language import compile_torch as by_torch
from nodeviz.fields.formula_language.compile_numpy import compile_numpy
from nodeviz.fields.formula_language.compile_torch import Values, compile_torch
from nodeviz.fields.formula_language.tree import ARITHMETIC, COMPARISONS

INSIDE = {
    "asin": "0.3*{}",
    "acos": "0.3*{}",
    "log": "abs({}) + 0.1",
    "log10": "abs({}) + 0.1",
    "sqrt": "abs({}) + 0.1",
    "pow": "abs({}) + 0.1",
    "mod": "abs({}) + 0.1",
}
"""Arguments within the domain of the functions that have one."""

ONE_OF_EACH = [
    f"{name}({', '.join(INSIDE.get(name, '{}').format(argument) for argument in ('x', 'y', 't')[: function.fewest])})"
    for name, function in FUNCTIONS.items()
]
FORMULAS = [
    *ONE_OF_EACH,
    "a*x**3 - b*y^2/(1 + t)",
    "-x % 0.7",
    "x if x > y else y*2",
    "sqrt(x) if x > 0 else -sqrt(-x) if x < -0.5 else 0",
    "(x > 0)*x + (not y > 0 or x == y)",
    "1 if a > 0 else x",
    "(0.2 < x <= 1.1) - (y != y)",
    "x**a + abs(y)**0.5",
    "3",
    "2 if 1 > 2 else 4",
]
GRID = np.random.default_rng(0).uniform(-1.9, 1.9, (2, 64))


def torch_values(dtype: torch.dtype = torch.float64, grad: bool = False) -> Values:
    x, y = (torch.tensor(row, dtype=dtype, requires_grad=grad) for row in GRID)
    t, a, b = (torch.tensor(value, dtype=dtype, requires_grad=grad) for value in (0.75, 2.0, -0.5))
    return Values({"x": x, "y": y, "t": t, "a": a, "b": b}, x.shape)


def test_every_function_has_a_numpy_and_a_torch_form() -> None:
    names = {*FUNCTIONS, *ARITHMETIC}
    assert set(by_numpy.OPERATIONS) == set(by_torch.OPERATIONS) == names
    assert set(by_numpy.COMPARISONS) == set(by_torch.COMPARISONS) == set(COMPARISONS)
    assert 24 <= len(FUNCTIONS) <= 30


@pytest.mark.parametrize("text", FORMULAS)
def test_numpy_and_torch_agree(text: str) -> None:
    tree = parse(text)
    x, y = GRID
    in_numpy = np.broadcast_to(compile_numpy(tree)({"x": x, "y": y, "t": 0.75, "a": 2.0, "b": -0.5}), x.shape)
    in_torch = compile_torch(tree)(torch_values()).to(torch.float64).expand(64).numpy()
    np.testing.assert_allclose(in_torch, in_numpy, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("text", FORMULAS)
def test_the_points_dtype_is_kept(text: str) -> None:
    value = compile_torch(parse(text))(torch_values(torch.float32))
    assert value.dtype == torch.float32 or value.shape == ()


@pytest.mark.parametrize("text", FORMULAS)
def test_derivatives_are_those_of_central_differences(text: str) -> None:
    compiled, values, step = compile_torch(parse(text)), torch_values(grad=True), 1e-6
    value = compiled(values)
    if not value.requires_grad:
        return
    sources = list(values.named)
    slopes = torch.autograd.grad(value.expand(64).sum(), list(values.named.values()), allow_unused=True)
    for name, slope in zip(sources, slopes, strict=True):
        if name == "a" and text.startswith("x**a"):
            continue  # the derivative in the exponent does not exist for x < 0
        ahead, behind = (
            compiled(values._replace(named={**values.named, name: values.named[name].detach() + shift}))
            .expand(64)
            .detach()
            for shift in (step, -step)
        )
        expected = (ahead - behind) / (2 * step)
        found = torch.zeros_like(expected) if slope is None else slope
        if values.named[name].shape == ():
            expected = expected.sum()
            found = found.sum() if slope is None else found
        smooth = expected.abs() < 1e3  # elsewhere the differences span a jump
        torch.testing.assert_close(found[smooth], expected[smooth], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("text", "slope"),
    [
        ("sqrt(x) if x > 0 else 0", [0.0, 0.0, 0.5]),
        ("0 if x <= 0 else log(x)", [0.0, 0.0, 1.0]),
        ("1/x if x != 0 else 0", [-1.0, 0.0, -1.0]),
        ("(sqrt(x) if x > 0 else 0) if x < 9 else asin(x)", [0.0, 0.0, 0.5]),
        ("x**2 if a > 0 else sqrt(x)", [-2.0, 0.0, 2.0]),
    ],
)
def test_the_branch_not_taken_spoils_no_gradient(text: str, slope: list[float]) -> None:
    x = torch.tensor([-1.0, 0.0, 1.0], requires_grad=True)
    values = Values({"x": x, "a": torch.tensor(1.0)}, x.shape)
    (found,) = torch.autograd.grad(compile_torch(parse(text))(values).sum(), x)
    assert found.tolist() == slope


def test_the_distance_from_the_origin_has_a_gradient_there() -> None:
    x = torch.zeros(1, requires_grad=True)
    values = Values({"x": x, "y": torch.zeros(1)}, x.shape)
    (found,) = torch.autograd.grad(compile_torch(parse("hypot(x, y)"))(values).sum(), x)
    assert found.tolist() == [0.0]


@pytest.mark.parametrize("text", ["1/0", "0/0", "log(-1)", "sqrt(-1)", "(-8)**0.5", "9**9**9**9", "exp(1e6)", "x/0"])
def test_what_is_undefined_is_no_exception(text: str) -> None:
    tree = parse(text)
    in_numpy = np.asarray(compile_numpy(tree)({"x": 1.0}))
    in_torch = compile_torch(tree)(Values({"x": torch.tensor(1.0)}, torch.Size())).numpy()
    assert not np.isfinite(in_numpy)
    np.testing.assert_array_equal(in_numpy, in_torch)


def expressions() -> st.SearchStrategy[str]:
    leaves = st.sampled_from(["x", "y", "t", "a", "b", "2", "0.5", "pi"])

    def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        condition = st.tuples(inner, st.sampled_from(COMPARISONS), inner).map(" ".join).map("({})".format)
        return st.one_of(
            st.tuples(inner, st.sampled_from("+-*/^%"), inner).map(" ".join).map("({})".format),
            st.tuples(st.sampled_from(["sin", "tanh", "exp", "floor", "sqrt"]), inner).map(lambda p: f"{p[0]}({p[1]})"),
            st.tuples(inner, condition, inner).map(lambda p: f"({p[0]} if {p[1]} else {p[2]})"),
            inner.map("(-{})".format),
        )

    return st.recursive(leaves, grown, max_leaves=8)


@settings(max_examples=200, deadline=None)
@given(text=expressions())
def test_whatever_can_be_written_computes_in_both_without_exception(text: str) -> None:
    tree = parse(text)
    x, y = GRID
    in_numpy = np.broadcast_to(compile_numpy(tree)({"x": x, "y": y, "t": 0.75, "a": 2.0, "b": -0.5}), x.shape)
    in_torch = compile_torch(tree)(torch_values()).to(torch.float64).expand(64).numpy()
    # Two correct roundings may fall on either side of a jump (floor, %, a comparison), so a few points may differ.
    same = np.isclose(in_numpy, in_torch, rtol=1e-9, atol=1e-9, equal_nan=True)
    assert np.mean(same) > 0.9
