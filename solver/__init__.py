"""Ordinary differential equations in torch: many methods, honest statistics, three ways to a gradient.

    from solver import solve
    solution = solve(field, y0, ts, method="dopri5", rtol=1e-6, atol=1e-8)

The names below load on first use, so that `solver.methods`, which is data, can be read without importing torch.
"""

from __future__ import annotations
