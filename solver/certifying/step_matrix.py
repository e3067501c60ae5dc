"""What a step of any method does to y' = λ y: the matrix that multiplies what the method carries from step to step.

A one-step method carries y; an Adams method also its earlier values of y, whose slopes are λ y; asynchronous leapfrog
(y, dt v). A symplectic method takes λ = iω for the oscillator q' = ω p, p' = -ω q.
"""

from __future__ import annotations

import torch
from torch import Tensor

from solver.method import (
    AdamsBashforth,
    AdamsBashforthMoulton,
    AsynchronousLeapfrog,
    ImplicitRungeKutta,
    Method,
    RungeKutta,
    Symplectic,
)
from solver.tableau import ButcherTableau, padded


def step_matrices(method: Method, z: Tensor) -> Tensor:
    """For each z = λ dt, complex (points,), the matrix of a step: (points, size, size)."""
    match method:
        case RungeKutta() | ImplicitRungeKutta():
            return _runge_kutta(method.tableau, z)
        case AdamsBashforth():
            return _companion(_predicted(method, z))
        case AdamsBashforthMoulton():
            return _companion(_corrected(method, z))
        case Symplectic():
            return _symplectic(method, z.imag)
        case AsynchronousLeapfrog():
            return torch.stack((torch.stack((1 + z, z / 2), -1), torch.stack((2 * z, z - 1), -1)), -2)


def _runge_kutta(tableau: ButcherTableau, z: Tensor) -> Tensor:
    """R(z) = 1 + z bᵀ (I - z A)⁻¹ 1."""
    a = torch.tensor([padded(row, tableau.stages) for row in tableau.a], dtype=z.dtype)
    weights, ones = torch.tensor(tableau.b, dtype=z.dtype), torch.ones(len(z), tableau.stages, dtype=z.dtype)
    stages = torch.linalg.solve(torch.eye(tableau.stages) - z[:, None, None] * a, ones)
    growth: Tensor = 1 + z * (stages @ weights)
    return growth[:, None, None]


def _predicted(method: AdamsBashforth, z: Tensor) -> Tensor:
    """What y1 is made of: a factor for each of y, and the values before it, (points, order)."""
    row: Tensor = z[:, None] * torch.tensor([float(weight) for weight in method.weights], dtype=z.dtype)
    row[:, 0] += 1
    return row


def _corrected(method: AdamsBashforthMoulton, z: Tensor) -> Tensor:
    ahead, *past = (float(weight) for weight in method.weights)
    row: Tensor = z[:, None] * torch.tensor((*past, 0.0), dtype=z.dtype)
    row[:, 0] += 1
    return row + ahead * z[:, None] * _predicted(method.predictor, z)


def _companion(rows: Tensor) -> Tensor:
    """The matrix that makes y1 by `rows` and moves all other values on by one place."""
    points, size = rows.shape
    moved = torch.eye(size - 1, size, dtype=rows.dtype).expand(points, -1, -1)
    return torch.cat((rows[:, None], moved), 1)


def _symplectic(method: Symplectic, angle: Tensor) -> Tensor:
    matrices = torch.eye(2, dtype=angle.dtype).repeat(len(angle), 1, 1)
    for place, share in enumerate(method.moves):
        move = torch.eye(2, dtype=angle.dtype).repeat(len(angle), 1, 1)
        if place % 2:
            move[:, 0, 1] = share * angle  # q moves by p
        else:
            move[:, 1, 0] = -share * angle
        matrices = move @ matrices
    return matrices.to(torch.complex128)
