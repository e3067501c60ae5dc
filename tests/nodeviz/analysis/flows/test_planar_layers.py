"""Planar flows: their log-determinant, and that every layer can be inverted."""

from __future__ import annotations

import torch

from nodeviz.analysis.flows.planar_layers import drawn_planar_flow, planar_flow

torch.set_num_threads(1)


def test_the_log_determinant_is_that_of_the_jacobian() -> None:
    theta = 2 * drawn_planar_flow(6, seed=1).double()
    ys = torch.randn(20, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    ys.requires_grad_()
    mapped = planar_flow(theta, ys).ys
    rows = [torch.autograd.grad(mapped[:, i].sum(), ys, retain_graph=True)[0] for i in range(2)]
    jacobians = torch.stack(rows, 1)
    torch.testing.assert_close(planar_flow(theta, ys).log_det, torch.linalg.slogdet(jacobians).logabsdet)


def test_no_weights_fold_the_plane_over() -> None:
    for seed in range(10):
        theta = 30 * drawn_planar_flow(1, seed).double()
        ys = torch.randn(200, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
        assert torch.isfinite(planar_flow(theta, ys).log_det).all()
