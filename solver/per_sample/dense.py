"""The solution of every sample at any time on its way: `solver.dense` where each has steps of its own."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from solver.dense import lagrange_weights
from solver.per_sample.outcome import SampleOutcome


@dataclass(frozen=True, eq=False)
class SampleDense:
    """Steps (steps,), sorted by sample, from `starts` to `ends`; `first` (samples,) is each sample's first of `count`.

    A sample begins at time `begins` in state `y0` (samples, entries). `nodes` (steps, degree, entries) are the states
    at a step's Chebyshev nodes after the first, which is where the step before ended. `shape` is that of all samples.
    """

    begins: Tensor
    y0: Tensor
    starts: Tensor
    ends: Tensor
    nodes: Tensor
    first: Tensor
    count: Tensor
    shape: torch.Size

    @classmethod
    def of(cls, outcome: SampleOutcome, times: Tensor, shape: torch.Size) -> SampleDense:
        """The solution that was sampled on the way through `times` (rows, samples), for states (samples, …)."""
        way = outcome.way
        order = torch.argsort(way.sample, stable=True)
        count = torch.bincount(way.sample, minlength=shape[0])
        first = count.cumsum(0) - count
        starts, ends, nodes = way.t[order], way.end[order], outcome.nodes[order]
        return cls(times[0], outcome.ys[0], starts, ends, nodes, first, count, shape)

    def __call__(self, t: Tensor | float) -> Tensor:
        """The states at t: (samples, …) at one time, (times, samples, …) at times (times,) or (times, samples).

        Raises `ValueError` for times of another shape, and where a sample did not get to.
        """
        asked = torch.as_tensor(t, dtype=torch.float64, device=self.begins.device)
        samples = len(self.begins)
        if asked.dim() > 2 or (asked.dim() == 2 and asked.shape[1] != samples):
            raise ValueError(
                "With per_sample=True a solution is asked for at one time, at times (times,) that all samples share, "
                f"or at (times, {samples}) of their own; got shape {tuple(asked.shape)}."
            )
        times = asked if asked.dim() == 2 else asked.reshape(-1, 1).expand(-1, samples)
        self._check_range(times.detach())
        states = self._states(times.reshape(-1), torch.arange(samples, device=times.device).repeat(len(times)))
        return states.view(*asked.shape[:1], *self.shape)

    def _states(self, t: Tensor, sample: Tensor) -> Tensor:
        """The states (places, entries) of samples (places,) at times t."""
        if not len(self.ends):
            return self.y0[sample]
        step = self._step(t.detach(), sample)
        first = (step == self.first[sample]).unsqueeze(1)
        before = torch.where(first, self.y0[sample], self.nodes[(step - 1).clamp(min=0), -1])
        states = torch.cat((before.unsqueeze(1), self.nodes[step]), 1)
        starts, ends = self.starts[step], self.ends[step]
        moves = self.count[sample] > 0
        theta = torch.where(moves, (t - starts) / (ends - starts), 0.0)
        weights = lagrange_weights(theta, self.nodes.shape[1]).to(states.dtype)
        found = torch.matmul(weights.unsqueeze(1), states).squeeze(1)
        return torch.where(moves.unsqueeze(1), found, self.y0[sample])

    def _step(self, t: Tensor, sample: Tensor) -> Tensor:
        """The steps that times fall into, by bisection between each sample's first and last."""
        low = self.first[sample]
        last = (low + self.count[sample] - 1).clamp(min=0, max=len(self.ends) - 1)
        low, high = low.clamp(max=len(self.ends) - 1), last
        forwards = self.ends >= self.starts
        for _ in range(int(self.count.max()).bit_length()):
            middle = (low + high) // 2
            end = self.ends[middle]
            beyond = torch.where(forwards[middle], t >= end, t <= end) & (middle < last)
            low, high = torch.where(beyond, middle + 1, low), torch.where(beyond, high, middle)
        return torch.minimum(low, last)

    def _check_range(self, times: Tensor) -> None:
        ends = self.begins
        if len(self.ends):
            final = self.ends[(self.first + self.count - 1).clamp(min=0)]
            ends = torch.where(self.count > 0, final, self.begins)
        low, high = torch.minimum(self.begins, ends), torch.maximum(self.begins, ends)
        outside = ~((times >= low) & (times <= high))
        if outside.any():
            row, sample = (int(place) for place in outside.nonzero()[0])
            raise ValueError(
                f"Sample {sample} is known from t = {low[sample].item()} to {high[sample].item()}; "
                f"it was asked for at t = {times[row, sample].item()}."
            )
