"""An audit says how wrong a gradient is, whose fault that is, and what to do; and it leaves everything as it was."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from solver import Gradients, audit_gradient
from tests.problems import STARTS, Linear, Perceptron

TIMES = torch.linspace(0, 3, 4, dtype=torch.float64)


def loss(ys: Tensor) -> Tensor:
    return ys[1:].square().mean()


class Contracting(torch.nn.Module):
    """y' = -rate sinh(y - cos t): runs together forwards, so that it runs apart backwards."""

    def __init__(self) -> None:
        super().__init__()
        self.rate = torch.nn.Parameter(torch.tensor(5.0, dtype=torch.float64))

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        return -self.rate * torch.sinh(y - torch.cos(t))


class WronglyDerived(Linear):
    """A field whose own derivative forgets a sign."""

    def evaluate(self, t: float, y: Tensor) -> Tensor:
        return y @ self.matrix.detach().t()

    def linearise(self, t: float, y: Tensor) -> tuple[Tensor, Callable[[Tensor], Gradients]]:
        def pullback(cotangent: Tensor) -> Gradients:
            return Gradients(None, cotangent @ self.matrix.detach(), (-cotangent.t() @ y,))

        return self.evaluate(t, y), pullback


@pytest.mark.parametrize("mode", ["checkpointed", "direct", "interpolated", "gauss", "forward"])
def test_a_good_gradient_is_called_good(mode: str) -> None:
    audit = audit_gradient(Perceptron(), STARTS, TIMES, loss, gradient=mode)
    assert audit.whole.error < 1e-4
    assert audit.whole.cosine == pytest.approx(1.0, abs=1e-8)
    assert "as good as exact" in audit.verdict
    assert audit.advice == ""
    assert [part.name for part in audit.parts] == ["y0", "θ", "t0", "t1"]
    assert [part.name for part in audit.parameters] == ["inner.weight", "inner.bias", "outer.weight", "outer.bias"]


def test_the_exact_gradient_is_that_of_the_closed_form() -> None:
    field = Linear()
    y0, ts = STARTS.clone().requires_grad_(), TIMES.clone().requires_grad_()
    in_y0, in_ts, in_matrix = torch.autograd.grad(loss(field.exact(y0, ts)), (y0, ts, field.matrix))
    audit = audit_gradient(field, STARTS, TIMES, loss, rtol=1e-3, atol=1e-3)
    sizes = {part.name: part.size for part in audit.parts}
    assert sizes["y0"] == pytest.approx(float(in_y0.norm()), rel=1e-9)
    assert sizes["θ"] == pytest.approx(float(in_matrix.norm()), rel=1e-9)
    assert sizes["t0"] == pytest.approx(abs(float(in_ts[0])), rel=1e-9)
    assert sizes["t1"] == pytest.approx(abs(float(in_ts[-1])), rel=1e-9)
    assert audit.differences.exact < 1e-8


def test_backsolve_is_blamed_where_it_drifts() -> None:
    audit = audit_gradient(Contracting(), STARTS, TIMES, loss, gradient="backsolve", rtol=1e-3, atol=1e-3)
    assert audit.worst.error > 2 * audit.worst.from_solve
    assert "comes from backsolve, whose state drifted by" in audit.verdict
    assert 'Use gradient="checkpointed"' in audit.advice
    assert audit.differences.audited > 100 * audit.differences.exact


def test_the_tolerance_is_blamed_where_the_mode_is_exact() -> None:
    audit = audit_gradient(Perceptron(), STARTS, TIMES, loss, rtol=1e-2, atol=1e-2)
    assert audit.whole.from_mode < 1e-12
    assert audit.whole.error > 1e-3
    assert "it comes from the tolerance" in audit.verdict
    assert "Tighten rtol and atol" in audit.advice


def test_a_field_that_derives_itself_wrongly_is_found_out() -> None:
    audit = audit_gradient(WronglyDerived(), STARTS, TIMES, loss)
    assert audit.differences.exact > 1e-2
    assert "own derivative is not that of its values" in audit.verdict
    assert "gradcheck" in audit.advice


def test_a_backward_solve_that_fails_is_named_with_its_status() -> None:
    def decay(t: Tensor, y: Tensor) -> Tensor:
        return -(y**3) * 40

    y0, ts = torch.full((1,), 0.5, dtype=torch.float64), torch.tensor([0.0, 5.0], dtype=torch.float64)
    audit = audit_gradient(decay, y0, ts, lambda ys: ys[-1].sum(), gradient="backsolve", rtol=1e-2, atol=1e-2)
    assert audit.backward_status.sentence in audit.verdict
    assert '"interpolated"' in audit.advice


def test_a_solve_that_ends_early_is_named_with_its_status() -> None:
    y0, ts = torch.ones(1, dtype=torch.float64), torch.tensor([0.0, 0.9], dtype=torch.float64)
    audit = audit_gradient(lambda t, y: y * y, y0, ts, lambda ys: ys[-1].sum(), max_steps=3)
    assert audit.status.value == "max_steps"
    assert "used up its steps" in audit.verdict
    assert audit.advice == audit.status.remedy
    blown = audit_gradient(lambda t, y: y * y, y0, 2 * ts, lambda ys: ys[-1].sum())
    assert "no exact gradient" in blown.verdict


def test_single_precision_is_compared_with_double() -> None:
    audit = audit_gradient(Perceptron().float(), STARTS.float(), TIMES.float(), loss, rtol=1e-6, atol=1e-6)
    assert audit.dtype == "float32"
    assert 1e-9 < audit.whole.error < 1e-4
    assert audit.differences.exact < 1e-8


def test_an_audit_changes_neither_parameters_nor_their_grad() -> None:
    field, y0, ts = Perceptron(), STARTS.clone().requires_grad_(), TIMES.clone()
    before = [parameter.detach().clone() for parameter in field.parameters()]
    audit_gradient(field, y0, ts, loss)
    rate = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
    audit_gradient(lambda t, y: -rate * y, y0, ts, loss, parameters=[rate])
    assert all(torch.equal(x, y) for x, y in zip(before, field.parameters(), strict=True))
    assert [leaf.grad for leaf in (*field.parameters(), y0, rate)] == [None] * 6
    assert float(rate.detach()) == 0.3
    assert torch.equal(y0, STARTS)


def test_frozen_parameters_are_left_out() -> None:
    field = Perceptron()
    field.inner.requires_grad_(False)
    audit = audit_gradient(field, STARTS, TIMES, loss)
    assert [part.name for part in audit.parameters] == ["outer.weight", "outer.bias"]
    field.requires_grad_(False)
    assert [part.name for part in audit_gradient(field, STARTS, TIMES, loss).parts] == ["y0", "t0", "t1"]


def test_what_cannot_be_made_double_is_refused_with_a_way_out() -> None:
    rate = torch.tensor(0.3, requires_grad=True)
    with pytest.raises(ValueError, match=r"Make the field an nn\.Module .* or pass y0 and the parameters as float64"):
        audit_gradient(lambda t, y: -rate * y, STARTS.float(), TIMES, loss, parameters=[rate])


def test_it_prints_as_a_table_with_a_verdict() -> None:
    audit = audit_gradient(Contracting(), STARTS, TIMES, loss, gradient="backsolve", rtol=1e-4, atol=1e-4)
    lines = str(audit).splitlines()
    assert lines[0] == "backsolve, dopri5, rtol 1e-04, atol 1e-04, float64"
    names = [line[:24].strip() for line in lines[2:7]]
    assert names == ["y0", "θ", "t0", "t1", "y0 and θ"]
    assert f"{audit.nfe_forward} forward, {audit.nfe_backward} backward" in str(audit)
    assert lines[-2].strip() == audit.verdict
    assert lines[-1].strip() == audit.advice
    assert len({len(line) for line in lines[1:7]}) == 1
