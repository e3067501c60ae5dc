"""The discrete adjoint by torch.autograd: one graph a step, kept from the forward pass or made again, and one call."""

from __future__ import annotations

import torch
from torch import Tensor

from solver.coefficients import constant
from solver.field import FlatField, paired
from solver.gradients.cotangents import ParameterSums
from solver.gradients.discrete_adjoint import StagewiseAdjoint
from solver.stages import combined
from solver.tableau import ButcherTableau, padded
from solver.trajectory import Checkpoint, StepGraph


class TapedAdjoint(StagewiseAdjoint):
    """Pulls cotangents back through the graphs of Runge-Kutta steps, of fields that autograd differentiates."""

    def __init__(self, tableau: ButcherTableau, field: FlatField, sums: ParameterSums, like: Tensor) -> None:
        super().__init__(tableau, field, sums, like)
        self._parameters = field.parameters()
        b = padded(tableau.b, self._size)
        self._b = {stop: constant(b[:stop], like) for stop in (tableau.advancing, self._size)}

    def pull_stages(
        self, step: Checkpoint, cotangent: Tensor, inside: Tensor | None, first_slope: Tensor | None, stop: int
    ) -> Tensor:
        onto_slopes = torch.outer(step.dt * self._b[stop], cotangent)
        if inside is not None:
            onto_slopes += inside
        if first_slope is not None:
            onto_slopes[0] += first_slope
        onto_start = self._pull_slopes(step, onto_slopes)
        return cotangent if onto_start is None else cotangent + onto_start

    def _pull_slopes(self, step: Checkpoint, cotangents: Tensor) -> Tensor | None:
        """Cotangents of the step's first slopes -> that of its start; those of the parameters go to the sums."""
        y, slopes = self._graph(step, len(cotangents))
        taped = {place: k for place, k in enumerate(slopes[: len(cotangents)]) if k is not None and k.requires_grad}
        if not taped:
            return None
        onto = cotangents if len(taped) == len(cotangents) else cotangents[list(taped)]
        with torch.enable_grad():
            together = paired(torch.stack(tuple(taped.values())), onto)
        at_start, *found = torch.autograd.grad(together, (y, *self._parameters), allow_unused=True)
        self._sums.add(found)
        return at_start

    def _graph(self, step: Checkpoint, stop: int) -> StepGraph:
        """The graph of the step's first `stop` stages: the one that was kept, or else they are evaluated again."""
        kept = step.graph
        if isinstance(kept, StepGraph) and not any(slope is None for slope in kept.slopes[:stop]):
            return kept
        leaf = step.y.detach().requires_grad_()
        slopes: list[Tensor] = []
        with torch.enable_grad():
            for stage, (weights, node) in enumerate(zip(self._a[:stop], self._tableau.all_c, strict=False)):
                point = combined(leaf, slopes, weights, step.dt) if stage else leaf
                slopes.append(self._field.evaluate(step.t + node * step.dt, point))
        return StepGraph(leaf, slopes)
