"""What every flow in a comparison offers: a training step, how good it is, and what a sample of it costs."""

from __future__ import annotations

from abc import ABC, abstractmethod


class ComparedFlow(ABC):
    """A flow under training: its name, and how many parameters it has."""

    name: str
    parameters: int

    @abstractmethod
    def step(self) -> None:
        """One training step."""

    @abstractmethod
    def merit(self) -> float:
        """The task's figure of merit, of the averaged weights; NaN when a solve fails."""

    @abstractmethod
    def evaluations(self) -> float | None:
        """Evaluations of the field, or of layers, for samples; None where layers would have to be inverted."""
