"""What a gradient mode keeps between the forward and the backward pass."""

from __future__ import annotations

import gc

import pytest
import torch
from torch import Tensor

from solver import solve
from solver.gradients.checkpointed import Checkpointed
from tests.problems import Perceptron

pytestmark = pytest.mark.slow

STARTS = torch.linspace(-1.0, 1.0, 2000, dtype=torch.float64).view(1000, 2)
TIMES = torch.tensor([0.0, 0.5, 1.0], dtype=torch.float64)


def kept_bytes(mode: str | Checkpointed, steps: int) -> int:
    """Bytes of all tensors that are alive because of a solve, whoever holds them: autograd, its context, a solution."""
    before = _living()
    y0 = STARTS.clone().requires_grad_()
    solution = solve(Perceptron(), y0, TIMES, method="rk4", dt=1 / steps, gradient=mode, max_steps=20_000)
    assert solution.stats.accepted == steps
    after = _living()
    return sum(size for storage, size in after.items() if storage not in before)


def _living() -> dict[int, int]:
    """The storages of all living tensors, also of those that only an autograd node saved, with their bytes."""
    gc.collect()
    found = [x for x in gc.get_objects() if issubclass(type(x), Tensor)]  # isinstance would wake lazy objects
    nodes = [x.grad_fn for x in found if x.grad_fn is not None]
    seen = set(nodes)
    while nodes:
        node = nodes.pop()
        found += [
            x for name in dir(node) if name.startswith(("_saved_", "saved_t")) for x in _tensors(getattr(node, name))
        ]
        fresh = {following for following, _ in node.next_functions if following is not None} - seen
        seen |= fresh
        nodes += fresh
    return {x.untyped_storage().data_ptr(): x.untyped_storage().nbytes() for x in found}


def _tensors(saved: object) -> list[Tensor]:
    if isinstance(saved, Tensor):
        return [saved]
    return [x for x in saved if isinstance(x, Tensor)] if isinstance(saved, tuple) else []


def test_backsolve_keeps_the_same_bytes_at_100_and_10000_steps() -> None:
    few, many = kept_bytes("backsolve", 100), kept_bytes("backsolve", 10_000)
    assert abs(many - few) <= 0.02 * few


def test_checkpointed_keeps_one_state_a_step_and_direct_every_stage_which_shows_that_the_count_counts() -> None:
    state = STARTS.numel() * STARTS.element_size()
    again = Checkpointed(graph_bytes=0)
    checkpointed = kept_bytes(again, 400) - kept_bytes(again, 100)
    assert 0.95 * 300 * state < checkpointed < 1.1 * 300 * state
    assert kept_bytes("direct", 400) - kept_bytes("direct", 100) > 4 * 300 * state


def test_checkpointed_keeps_graphs_within_its_budget_and_beside_them_one_state_a_step() -> None:
    budget, state = 4_000_000, STARTS.numel() * STARTS.element_size()
    few, many = (kept_bytes(Checkpointed(graph_bytes=budget), steps) for steps in (100, 400))
    assert abs(many - few - 300 * state) < 0.1 * 300 * state
    graphs = many - kept_bytes(Checkpointed(graph_bytes=0), 400)
    assert 0.8 * budget < graphs <= budget
