"""Nobody looks while a run of attempts is made, and never in a backward pass."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from solver import Solution, resident, solve
from solver.resident import graphs
from solver.resident.ahead import FIRST
from solver.resident.integration import ResidentIntegration
from tests.host_reads import counted_reads
from tests.problems import STARTS
from tests.solver.resident.ways import Promised

MANY = STARTS.repeat(100, 1)
TS = torch.linspace(0.0, 12.0, 4, dtype=torch.float64)


@pytest.fixture
def integrations(monkeypatch: pytest.MonkeyPatch) -> list[ResidentIntegration]:
    """Those that are made."""
    made: list[ResidentIntegration] = []
    run = ResidentIntegration.run
    monkeypatch.setattr(ResidentIntegration, "run", lambda self: made.append(self) or run(self))
    return made


def resident_solve(device: str, **options: Any) -> Solution:
    resident.allow((device,), "none")
    return solve(Promised(device), MANY.to(device).requires_grad_(), TS, **options)


def test_equal_steps_are_read_once(device: str) -> None:
    resident_solve(device, method="rk4", dt=0.25)
    with counted_reads() as reads:
        found = resident_solve(device, method="rk4", dt=0.25)
    assert found.stats.accepted == 48
    assert reads.count == 2  # the times, and all attempts


def test_chosen_steps_are_read_now_and_then(device: str, integrations: list[ResidentIntegration]) -> None:
    with counted_reads() as reads:
        found = resident_solve(device, rtol=1e-9, atol=1e-9)
    (integration,) = integrations
    attempts = len(found.stats.steps)
    assert attempts > 60
    assert reads.count == 1 + integration.ahead.looks  # the times, and runs of attempts
    assert integration.ahead.looks <= 12


def test_no_more_than_a_third_of_the_attempts_is_in_vain(integrations: list[ResidentIntegration]) -> None:
    for span in (0.5, 2.0, 5.0, 17.0):
        resident.allow(("cpu",))
        with torch.no_grad():
            solve(Promised(), STARTS, torch.tensor([0.0, span], dtype=torch.float64))
        ahead = integrations[-1].ahead
        assert ahead.taken <= ahead.made <= max(FIRST, 1.5 * ahead.taken + 1)


def test_the_usual_way_reads_every_step() -> None:
    resident.allow(())
    with counted_reads() as reads:
        found = solve(Promised(), MANY, TS, rtol=1e-9, atol=1e-9)
    assert reads.count > len(found.stats.steps)


@pytest.mark.parametrize("rows", [3, 300], ids=["all at once", "step by step"])
@pytest.mark.parametrize("replayed", [False, True], ids=["made", "replayed"])
def test_a_backward_pass_reads_nothing(rows: int, replayed: bool, device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if device == "cpu" and replayed:
        monkeypatch.setattr(graphs, "recorded", lambda work, where: work)
    resident.allow((device,), "promised" if replayed else "none")
    field, y0 = Promised(device), MANY[:rows].to(device).requires_grad_()
    for _ in range(3):
        found = solve(field, y0, TS / 4, rtol=1e-5)
        total = found.ys.square().sum()
        with counted_reads() as reads:
            torch.autograd.grad(total, (y0, *field.parameters()))
        assert reads.count == 0


@pytest.mark.cuda
@pytest.mark.parametrize("rows", [3, 300], ids=["all at once", "step by step"])
def test_no_backward_pass_waits_for_the_device(rows: int) -> None:
    resident.allow()
    field, y0 = Promised("cuda"), MANY[:rows].to("cuda").requires_grad_()
    for solves in range(4):
        total = solve(field, y0, TS, rtol=1e-6).ys.square().sum()
        torch.cuda.synchronize()
        torch.cuda.set_sync_debug_mode("error" if solves != 1 else "default")  # the second one is recorded
        try:
            torch.autograd.grad(total, (y0, *field.parameters()))
        finally:
            torch.cuda.set_sync_debug_mode("default")
