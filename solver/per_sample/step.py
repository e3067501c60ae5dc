"""One step of every sample, each from its own time over its own dt, in the same operations for all of them."""

from __future__ import annotations

import torch
from torch import Tensor

from solver.coefficients import constant
from solver.per_sample.field import SampleField
from solver.stages import StageBuffer, StageTape
from solver.tableau import ButcherTableau


class SampleStep:
    """A Runge-Kutta step from times t (samples,) and states y (samples, entries) over dt (samples,).

    The stages are kept multiplied by dt, so that their combinations are the same for all samples. With `taped` all of
    it is recorded by autograd.
    """

    def __init__(
        self,
        tableau: ButcherTableau,
        field: SampleField,
        t: Tensor,
        dt: Tensor,
        y: Tensor,
        first_slope: Tensor | None = None,
        taped: bool = False,
    ) -> None:
        self._tableau, self._field = tableau, field
        self._t, self._dt, self._y = t, dt, y
        self._scale = dt.to(y.dtype).unsqueeze(1)
        flat = y.reshape(-1)
        self._stages = StageTape(len(tableau.all_c), flat) if taped else StageBuffer(len(tableau.all_c), flat)
        self._flat, self._at, self._evaluated = flat, y, 0
        self.last_slope = first_slope
        """f where it was evaluated last: at the step's end after `advance`, where the tableau is FSAL."""
        if first_slope is not None:
            self._put(first_slope)

    def advance(self, stop: int) -> Tensor:
        """Evaluate the stages below `stop`, which must be all that y1 needs; y1."""
        tableau = self._tableau
        self._evaluate(stop)
        if tableau.fsal and stop == tableau.stages:
            return self._at
        weights = constant(tableau.b[:stop], self._flat)
        return self._stages.step(self._flat, weights, 1.0).view_as(self._y)

    def errors(self) -> list[Tensor]:
        """The error estimates (samples, entries)."""
        estimates = [constant(estimate.weights, self._flat) for estimate in self._tableau.estimates]
        return [self._stages.total(weights).view_as(self._y) for weights in estimates]

    def outputs(self, samples: Tensor, thetas: Tensor) -> Tensor:
        """The states (outputs, entries) of `samples` at t + θ dt, for ascending samples. Leaves out the others."""
        tableau, count = self._tableau, self._evaluated
        slopes = self._stages.first(count).view(count, *self._y.shape)
        if count < len(tableau.all_c):
            present, samples = torch.unique_consecutive(samples, return_inverse=True)
            part = SampleStep(
                tableau, self._field, self._t[present], self._dt[present], self._y[present], None, self._taped
            )
            part._take(slopes[:, present])
            part._evaluate(len(tableau.all_c))
            return part.outputs(samples, thetas)
        weights = dense_weights(tableau, thetas).to(slopes.dtype)
        moved = torch.einsum("os,soe->oe", weights, slopes[:, samples])
        return self._y[samples] + moved

    @property
    def _taped(self) -> bool:
        return isinstance(self._stages, StageTape)

    def _take(self, slopes: Tensor) -> None:
        """Go on from stages (stages, samples, entries) that are evaluated already."""
        for stage, slope in enumerate(slopes):
            self._stages.put(stage, slope.reshape(-1))
        self._evaluated = len(slopes)

    def _evaluate(self, stop: int) -> None:
        for stage in range(self._evaluated, stop):
            if stage:
                weights = constant(self._tableau.all_a[stage], self._flat)
                self._at = self._stages.step(self._flat, weights, 1.0).view_as(self._y)
            self._put(self._field.evaluate(self._t + self._tableau.all_c[stage] * self._dt, self._at))

    def _put(self, slope: Tensor) -> None:
        self._stages.put(self._evaluated, (self._scale * slope).reshape(-1))
        self._evaluated += 1
        self.last_slope = slope


def dense_weights(tableau: ButcherTableau, thetas: Tensor) -> Tensor:
    """b_i(θ) as a matrix (thetas, stages), from the nested form that `solver.tableau` describes."""
    basis, product = [], torch.ones_like(thetas)
    for place in range(len(tableau.dense_rows)):
        product = product * (1.0 - thetas if place % 2 else thetas)
        basis.append(product)
    return torch.stack(basis, 1) @ constant(tableau.dense_rows, thetas)
