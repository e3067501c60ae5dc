"""What an integration of independent steps found, and how it is written down run by run."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from solver.per_sample.events import Crossings
from solver.per_sample.taken import Asked, Places, TakenSteps
from solver.solution import Samples


class Way(NamedTuple):
    """The accepted steps (steps,), in any order but each sample's in its own: whose, from where, and how far.

    Of the last step before a terminal event only the part up to θ = `stop` counts; it is 1 for all others. `y` (steps,
    entries) is where a step starts; without entries where it was not to be kept. `slopes` (steps, stages, entries) are
    those of stages that were solved for; without stages where that was not so.
    """

    sample: Tensor
    t: Tensor
    dt: Tensor
    t1: Tensor
    stop: Tensor
    y: Tensor
    slopes: Tensor

    def of(self, steps: Tensor) -> Way:
        return Way(*(each[steps] for each in self))

    @property
    def end(self) -> Tensor:
        """When the steps end."""
        return torch.where(self.stop == 1.0, self.t1, self.t + self.stop * self.dt)


class Cells(NamedTuple):
    """Saved states at output times: their place among all places, and their row and sample in the output."""

    place: Tensor
    row: Tensor
    sample: Tensor


class Happened(NamedTuple):
    """Events that happened: the places of their states, and whose, which and when."""

    place: Tensor
    sample: Tensor
    event: Tensor
    t: Tensor


class Found(NamedTuple):
    """The way, the places on it where states were saved, and these, `states` (places, entries).

    `starts` (samples, entries) are the states that the samples started in.
    `cells` are those asked for, `happened` those at events, and `nodes` (steps, degree) the places where the steps were
    sampled for dense output.
    """

    way: Way
    places: Places
    states: Tensor
    starts: Tensor
    cells: Cells
    happened: Happened
    nodes: Tensor
    samples: Samples


class Record:
    """Steps and saved states, as they come."""

    def __init__(self, keep: bool, nodes: tuple[float, ...], solved: int) -> None:
        """`keep` says whether states at the steps' starts are kept, `nodes` at which θ all steps are sampled.

        With the states are kept the slopes of the stages that the method has `solved` for, which are so many.
        """
        self._keep, self._nodes, self._slopes = keep, nodes, solved if keep else 0
        self._steps = self._count = 0
        self._way: list[Way] = []
        self._places: list[Places] = []
        self._states: list[Tensor] = []
        self._cells: list[Cells] = []
        self._happened: list[Happened] = []
        self._sampled: list[Tensor] = []

    def add(self, steps: TakenSteps, stop: Tensor, asked: Asked, crossings: Crossings | None) -> None:
        """Save the states at what was `asked` for, at `crossings` and at the nodes of steps that end at θ = `stop`."""
        y = steps.y if self._keep else steps.y[:, :0]
        slopes = steps.slopes() if self._slopes else y.new_empty(len(y), 0, y.shape[1])
        self._way.append(Way(steps.sample, steps.t, steps.dt, steps.t1, stop, y, slopes))
        if len(asked.row):
            self._cells.append(Cells(self._save(steps, asked.places), asked.row, steps.sample[asked.places.step]))
        if crossings is not None and len(crossings.event):
            place, t = self._save(steps, crossings.places), steps.times(crossings.places)
            self._happened.append(Happened(place, steps.sample[crossings.places.step], crossings.event, t))
        if self._nodes:
            thetas = stop.unsqueeze(1) * stop.new_tensor(self._nodes)
            every = torch.arange(len(stop), device=stop.device).repeat_interleave(len(self._nodes))
            self._sampled.append(self._save(steps, Places(every, thetas.flatten())).view(thetas.shape))
        self._steps += len(stop)

    def _save(self, steps: TakenSteps, places: Places) -> Tensor:
        """Save the states at some places; their numbers."""
        first = self._count
        self._count += len(places.step)
        self._states.append(steps.states(places))
        self._places.append(Places(places.step + self._steps, places.theta))
        return torch.arange(first, self._count, device=places.step.device)

    def found(self, samples: Samples, starts: Tensor) -> Found:
        """All of it, for samples that started in `starts` (samples, entries)."""
        none = torch.zeros(0, dtype=torch.long, device=starts.device)
        never = torch.zeros(0, dtype=torch.float64, device=starts.device)
        nowhere = starts[:0, : starts.shape[1] if self._keep else 0]
        nothing = Way(none, never, never, never, never, nowhere, nowhere.unsqueeze(1).expand(-1, self._slopes, -1))
        return Found(
            Way(*map(torch.cat, zip(*(self._way or [nothing]), strict=True))),
            Places(*map(torch.cat, zip(Places(none, never), *self._places, strict=True))),
            torch.cat((starts[:0], *self._states)),
            starts,
            Cells(*map(torch.cat, zip(Cells(none, none, none), *self._cells, strict=True))),
            Happened(*map(torch.cat, zip(Happened(none, none, none, never), *self._happened, strict=True))),
            torch.cat((none.view(0, len(self._nodes)), *self._sampled)),
            samples,
        )
