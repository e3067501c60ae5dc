"""Run by test_fused: the kernel in Triton's interpreter, which takes tensors of the CPU, beside the field itself."""

from __future__ import annotations

import json
import sys

import torch
from torch import Tensor

from nodeviz.fields import MLPField
from nodeviz.fields.modules.flat import FlatModule
from solver.methods.dopri5 import DOPRI5
from solver.resident.fused import ACTIVATIONS, FusedStages, fused_network, trusted
from solver.resident.stages import EvaluatedStages, StageTensors

FIELDS = [
    *[MLPField(width=20, depth=2, activation=activation, cubed=False) for activation in ACTIVATIONS],
    MLPField(width=50, depth=1, cubed=True),
    MLPField(width=64, depth=2, cubed=False, augmented=2),
    MLPField(width=33, depth=3, cubed=False, time="concat"),
]
ROWS = 150


def found(module: FlatModule, dim: int) -> list[float]:
    """How far stages are off, whether the kernel is trusted, and whether one of another field would be."""
    tableau, generator = DOPRI5.tableau, torch.Generator().manual_seed(0)
    y = torch.randn(ROWS, dim, generator=generator)
    slopes, flat = torch.randn(tableau.stages, y.numel(), generator=generator), y.reshape(-1)
    t, dt, network = torch.tensor([0.4]), torch.tensor([0.3]), fused_network(module, y)
    if network is None:
        raise ValueError("The kernel should know this field.")

    def evaluate(time: Tensor, at: Tensor) -> Tensor:
        return module.evaluate(time.squeeze(), at.view(y.shape)).reshape(-1)

    fused, usual = (StageTensors(flat, slopes.clone()) for _ in range(2))
    ways = (FusedStages(tableau, network, fused), EvaluatedStages(tableau, evaluate, usual))
    off = 0.0
    for stage in range(tableau.stages):
        ours, theirs = (way.make(stage, t, dt) for way in ways)
        off = max(off, float((ours - theirs).abs().max()), float((fused.slopes - usual.slopes).abs().max()))
    other, slope = network._replace(cubed=not network.cubed), evaluate(t, flat)
    return [off, trusted(network, flat, t, slope), trusted(other, flat, t, slope)]


if __name__ == "__main__":
    torch.set_num_threads(1)
    json.dump([found(field.module(field.initial_parameters(3)), field.dim) for field in FIELDS], sys.stdout)
