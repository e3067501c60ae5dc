"""Pairs from optimal transport within a batch."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment

from nodeviz.tasks.densities.assignment import assignment, cheapest_pairs


@pytest.mark.parametrize("seed", range(20))
def test_no_permutation_is_cheaper(seed: int) -> None:
    draw = np.random.default_rng(seed)
    n = int(draw.integers(1, 7))
    costs = draw.random((n, n))
    best = min(costs[np.arange(n), list(order)].sum() for order in permutations(range(n)))
    assert costs[np.arange(n), assignment(costs)].sum() == pytest.approx(best, rel=1e-12)


@pytest.mark.parametrize("ties", [False, True])
def test_large_batches_are_as_cheap_as_scipys(ties: bool) -> None:
    draw = np.random.default_rng(0)
    costs = draw.integers(5, size=(90, 90)).astype(float) if ties else draw.standard_normal((90, 90))
    found = assignment(costs)
    assert sorted(found) == list(range(90))
    rows, columns = linear_sum_assignment(costs)
    assert costs[rows, found].sum() == pytest.approx(costs[rows, columns].sum(), rel=1e-12)


def test_shifted_points_are_paired_with_themselves() -> None:
    draw = np.random.default_rng(1)
    zs = torch.from_numpy(draw.standard_normal((40, 2)))
    order = torch.from_numpy(draw.permutation(40))
    partners = cheapest_pairs(zs, zs[order] + torch.tensor([3.0, -1.0]))
    assert torch.equal(zs[order][partners], zs)
